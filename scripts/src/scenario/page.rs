//! `report.html`: the epochs as charts, in one file that needs nothing else.

use std::{borrow::Cow, fmt::Write};

use economics::COR;

use super::chronicle::{Chronicle, Page, percent, yearly};

/// Of a chart, in units of its drawing: width, height, and the margins that axes need.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 70.0;
const BELOW: f64 = 28.0;

/// Epochs that are named below a chart, and rows of the table, about.
const MOST_LABELS: usize = 26;

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>corflow: epochs</title>
<style>
:root { color-scheme: light dark; --text: #1d232b; --paper: #ffffff; --line: #c9d0d8; --a: #1f6feb; --b: #d9822b; --c: #7a8594; --d: #2e9e5b; --e: #a34fc4; --f: #c2334d }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ed; --paper: #14181d; --line: #3a424c; --a: #6ea8fe; --b: #f0a657; --c: #97a3b0; --d: #5fcf8b; --e: #cf8df0; --f: #f0758a } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--paper); max-width: 800px; margin: 2rem auto; padding: 0 1rem }
svg { width: 100%; height: auto } text { fill: var(--text); font-size: 12px }
.axis { stroke: var(--line) } .a { fill: var(--a) } .b { fill: var(--b) } .c { fill: var(--c) }
path { fill: none; stroke-width: 2.5 } path.a { stroke: var(--a); fill: none } path.b { stroke: var(--b); fill: none } path.c { stroke: var(--c); fill: none } path.d { stroke: var(--d); fill: none } path.e { stroke: var(--e); fill: none } path.f { stroke: var(--f); fill: none }
.key { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 1em } .key.a { background: var(--a) } .key.b { background: var(--b) } .key.c { background: var(--c) } .key.d { background: var(--d) } .key.e { background: var(--e) } .key.f { background: var(--f) }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } th, td { text-align: right; padding: .2em .5em; border-bottom: 1px solid var(--line) }
.wide { overflow-x: auto }
</style>
"#;

/// Colours of lines.
const CLASSES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// A series of a chart: its class of colour, and a value for each epoch.
struct Series {
    class: &'static str,
    name: Cow<'static, str>,
    values: Vec<f64>,
}

impl Chronicle {
    /// One self-contained file, under a heading, with charts of the income by source, the reserve and the yields.
    pub fn html(&self, heading: &str) -> String {
        html(heading, &self.pages)
    }
}

fn html(heading: &str, pages: &[Page]) -> String {
    let series = |class, name: &'static str, value: &dyn Fn(&Page) -> f64| Series {
        class,
        name: Cow::Borrowed(name),
        values: pages.iter().map(value).collect(),
    };
    let part = |page: &Page, paid: u128| {
        let gross = page.closed.income.own + page.closed.income.granted;
        if gross == 0 { 0.0 } else { cor(page.closed.parts.miners) * cor(paid) / cor(gross) }
    };
    let income = [
        series("a", "fees that apps paid themselves", &|page| part(page, page.closed.income.own)),
        series("c", "fees paid from grants", &|page| part(page, page.closed.income.granted)),
        series("b", "emission", &|page| cor(page.closed.emission)),
    ];
    let reserve = [series("b", "reserve", &|page| cor(page.reserve_left))];
    let yields = [
        series("a", "builder", &|page| yield_of(page.builder, page.equal)),
        series("b", "holder with the same stake", &|page| yield_of(page.holder, page.equal)),
    ];
    let epochs: Vec<u64> = pages.iter().map(|page| page.closed.epoch).collect();
    let mut html = headed(heading);
    chart(&mut html, "Miners' income by source, COR an epoch", &epochs, &income, stacked);
    chart(&mut html, "Reserve after the epoch, COR", &epochs, &reserve, lines);
    chart(&mut html, "Yield on stake, percent a year", &epochs, &yields, lines);
    table(&mut html, pages);
    html.push_str("</html>\n");
    html
}

fn headed(heading: &str) -> String {
    format!("{HEAD}<h1>{}</h1>\n", escaped(heading))
}

/// What of an epoch is drawn.
type Figure = fn(&Page) -> f64;

/// Several runs of one scenario beside each other, each by a name, in one file.
pub(crate) fn compared(about: &str, runs: &[(String, &[Page])]) -> String {
    let mut html = headed(about);
    let most = runs.iter().map(|(_, pages)| *pages).max_by_key(|pages| pages.len()).unwrap_or_default();
    let epochs: Vec<u64> = most.iter().map(|page| page.closed.epoch).collect();
    let figures: [(&str, Figure); 5] = [
        ("Users' part of miners' income, percent", |page| page.closed.user_paid() as f64 / (COR as f64 / 100.0)),
        ("Emission, COR an epoch", |page| cor(page.closed.emission)),
        ("Miners' income, COR an epoch", |page| cor(page.closed.budget())),
        ("Reserve after the epoch, COR", |page| cor(page.reserve_left)),
        ("Yield of a holder's stake, percent a year", |page| yield_of(page.holder, page.equal)),
    ];
    for (title, value) in figures {
        let series: Vec<_> = (0..)
            .zip(runs)
            .map(|(at, (name, pages))| Series {
                class: CLASSES[at % CLASSES.len()],
                name: escaped(name).into(),
                values: pages.iter().map(value).collect(),
            })
            .collect();
        chart(&mut html, title, &epochs, &series, lines);
    }
    html.push_str("</html>\n");
    html
}

/// Text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

type Marks = fn(&mut String, &[Series], &dyn Fn(usize) -> f64, &dyn Fn(f64) -> f64);

fn chart(html: &mut String, title: &str, epochs: &[u64], series: &[Series], marks: Marks) {
    let stacks = std::ptr::fn_addr_eq(marks, stacked as Marks);
    let at = |index: usize| series.iter().filter_map(move |it| it.values.get(index)).copied();
    let highest = |index: usize| match stacks {
        true => at(index).sum::<f64>(),
        false => at(index).fold(0.0, f64::max),
    };
    let most = (0..epochs.len()).map(highest).fold(1.0, f64::max);
    let step = (WIDTH - LEFT) / epochs.len().max(1) as f64;
    let x = move |index: usize| LEFT + step * (index as f64 + 0.5);
    let y = move |value: f64| (HEIGHT - BELOW) - value / most * (HEIGHT - BELOW - 12.0);
    put(html, format_args!("<h2>{title}</h2>\n<p>"));
    for Series { class, name, .. } in series {
        put(html, format_args!("<span class=\"key {class}\"></span>{name}"));
    }
    put(html, format_args!("</p>\n<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}\">\n"));
    for quarter in 0..=4 {
        let value = most * f64::from(quarter) / 4.0;
        let at = y(value);
        put(html, format_args!("<line class=\"axis\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>"));
        put(html, format_args!("<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n", LEFT - 6.0, at + 4.0, short(value)));
    }
    for (index, epoch) in epochs.iter().enumerate().step_by(epochs.len().div_ceil(MOST_LABELS).max(1)) {
        put(html, format_args!("<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{epoch}</text>", x(index), HEIGHT - 8.0));
    }
    marks(html, series, &x, &y);
    html.push_str("\n</svg>\n");
}

/// Bars, each series on top of the one before.
fn stacked(html: &mut String, series: &[Series], x: &dyn Fn(usize) -> f64, y: &dyn Fn(f64) -> f64) {
    let count = series.iter().map(|it| it.values.len()).max().unwrap_or_default();
    let width = (WIDTH - LEFT) / count.max(1) as f64 * 0.7;
    for index in 0..count {
        let mut base = 0.0;
        for Series { class, name, values } in series {
            let value = values.get(index).copied().unwrap_or_default();
            let (top, bottom) = (y(base + value), y(base));
            let (left, height) = (x(index) - width / 2.0, bottom - top);
            put(
                html,
                format_args!(
                    "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\">\
                     <title>{name}: {value:.0} COR</title></rect>"
                ),
            );
            base += value;
        }
    }
}

/// A line for each series.
fn lines(html: &mut String, series: &[Series], x: &dyn Fn(usize) -> f64, y: &dyn Fn(f64) -> f64) {
    for Series { class, values, .. } in series {
        let points: Vec<String> =
            values.iter().enumerate().map(|(index, value)| format!("{:.1} {:.1}", x(index), y(*value))).collect();
        put(html, format_args!("<path class=\"{class}\" d=\"M{}\"/>", points.join(" L")));
    }
}

fn table(html: &mut String, pages: &[Page]) {
    html.push_str(
        "<h2>Figures</h2>\n<div class=\"wide\"><table>\n<tr><th>epoch<th>emission<th>by apps<th>by grants<th>user-paid<th>builder %/y\
         <th>holder %/y<th>reserve</tr>\n",
    );
    for page in pages.iter().step_by(pages.len().div_ceil(MOST_LABELS).max(1)) {
        put(
            html,
            format_args!(
                "<tr><td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}</tr>\n",
                page.closed.epoch,
                page.closed.emission / COR,
                page.closed.income.own / COR,
                page.closed.income.granted / COR,
                percent(page.closed.user_paid()),
                yearly(page.builder, page.equal),
                yearly(page.holder, page.equal),
                page.reserve_left / COR,
            ),
        );
    }
    html.push_str("</table></div>\n");
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).expect("a String takes everything");
}

/// Whole COR, for a drawing.
fn cor(wei: u128) -> f64 {
    (wei / COR) as f64
}

/// A yield, for a drawing.
fn yield_of(gain: u128, stake: u128) -> f64 {
    yearly(gain, stake).parse().unwrap_or_default()
}

/// A value of an axis.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1}M", value / 1e6),
        value if value >= 1e4 => format!("{:.0}k", value / 1e3),
        value => format!("{value:.0}"),
    }
}
