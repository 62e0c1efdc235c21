//! How a reading looks: panels in one column or in two, then events. At any size; what does not fit is scrolled to.

use std::time::Duration;

use alloy_primitives::Address;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, BorderType, Paragraph, Widget},
};
use words::refusals::{duration, time};

use super::{
    super::{
        place::Site,
        twin::{Figure, Quantity},
    },
    Reading,
    coming::Coming,
    figures::Panel,
    news::{News, amount, short},
};

/// From so many columns on, panels stand in two.
const WIDE: u16 = 96;
/// The widest that a column of panels gets: a name and its number belong together.
const COLUMN: u16 = 72;

const QUIET: Style = Style::new().fg(Color::DarkGray);
const LOUD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
const TITLE: Style = Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD);

/// What does not change between readings.
#[derive(Clone, Debug)]
pub(super) struct Look {
    chain: u64,
    names: Vec<(String, Address)>,
}

/// How old what is shown is, and why it is not newer.
#[derive(Clone, Debug, Default)]
pub(super) struct Age {
    /// Since the last reading that came to its end; none before the first.
    pub(super) read: Option<Duration>,
    /// Why the latest one did not.
    pub(super) trouble: Option<String>,
}

/// A frame.
pub(super) struct Screen<'a> {
    /// What does not change.
    pub(super) look: &'a Look,
    /// What was read; nothing yet at first.
    pub(super) reading: Option<&'a Reading>,
    /// How old that is, where it can be old.
    pub(super) age: Option<Age>,
}

impl Look {
    /// Of a site.
    pub(super) fn of(site: &Site) -> Self {
        let names = site.contracts().map(|(name, address)| (name.to_owned(), address)).collect();
        Self { chain: site.chain_id, names }
    }

    fn who(&self, account: Address) -> String {
        match self.names.iter().find(|(_, known)| *known == account) {
            _ if account.is_zero() => "nobody".to_owned(),
            Some((name, _)) => name.clone(),
            None => short(account),
        }
    }

    fn text(&self, quantity: Quantity) -> String {
        match quantity {
            Quantity::Cor(wei) => amount(wei),
            Quantity::Time(0) => "never".to_owned(),
            Quantity::Time(second) => time(second),
            Quantity::Seconds(seconds) => duration(seconds),
            Quantity::Count(count) => count.to_string(),
            // Two places are enough to look at; all of them are in the document.
            Quantity::Share(share) => {
                let hundredths = share / 100_000_000_000_000;
                format!("{}.{:02} %", hundredths / 100, hundredths % 100)
            }
            Quantity::Account(account) => self.who(account),
            Quantity::Hash(hash) => format!("{}..", &hash.to_string()[..10]),
            Quantity::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
        }
    }
}

impl Screen<'_> {
    /// Draws what of it is in view, `scroll` lines down at most as far as there is something, and says how far that was.
    pub(super) fn draw(&self, area: Rect, buffer: &mut Buffer, scroll: u16) -> u16 {
        let head = self.head(area.width);
        let above = u16::try_from(head.len()).unwrap_or(u16::MAX).min(area.height);
        Paragraph::new(head).render(Rect { height: above, ..area }, buffer);
        let view = Rect { y: area.y + above, height: (area.height - above).saturating_sub(1), ..area };
        let body = self.body(area.width);
        let scroll = scroll.min(body.area.height.saturating_sub(view.height));
        let shown = view.height.min(body.area.height);
        for (row, column) in (0..shown).flat_map(|row| (0..view.width).map(move |column| (row, column))) {
            buffer[(view.x + column, view.y + row)] = body[(column, scroll + row)].clone();
        }
        if area.height > above {
            let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
            let lines = format!("lines {} to {} of {}", (scroll + 1).min(body.area.height), scroll + shown, body.area.height);
            let keys =
                if shown < body.area.height { format!("q quits   up and down scroll   {lines}") } else { "q quits".into() };
            Line::styled(keys, QUIET).render(foot, buffer);
        }
        scroll
    }

    /// All of it as text, so many columns wide.
    pub(super) fn text(&self, width: u16) -> String {
        let head = self.head(width);
        let mut top = Buffer::empty(Rect::new(0, 0, width, u16::try_from(head.len()).unwrap_or(u16::MAX)));
        Paragraph::new(head).render(top.area, &mut top);
        [top, self.body(width)].iter().map(plain).collect()
    }

    /// Where we are, and how old what is shown is.
    fn head(&self, width: u16) -> Vec<Line<'static>> {
        let mut head = vec![Span::styled("corflow watch", TITLE), Span::raw(format!("   chain {}", self.look.chain))];
        if let Some(reading) = self.reading {
            head.push(Span::raw(format!("   block {}   {}", reading.figures.block, time(reading.figures.time))));
        }
        let mut lines = vec![Line::from(head)];
        let loud = |text: String| wrapped(&text, width, 2).into_iter().map(|it| Line::styled(it, LOUD)).collect::<Vec<_>>();
        if let Some(age) = &self.age {
            match (&age.trouble, age.read) {
                (None, None) => lines.push(Line::styled("reading ..", QUIET)),
                (None, Some(read)) => lines.push(Line::styled(format!("read {} ago", duration(read.as_secs())), QUIET)),
                (Some(trouble), None) => lines.extend(loud(format!("nothing is read yet: {trouble}"))),
                (Some(trouble), Some(read)) => {
                    lines.extend(loud(format!("these figures are {} old: {trouble}", duration(read.as_secs()))));
                }
            }
        }
        let Some(reading) = self.reading else { return lines };
        for fault in &reading.figures.faults {
            lines.extend(loud(fault.clone()));
        }
        if !reading.figures.paused.is_empty() {
            lines.extend(loud(format!("paused: {}", reading.figures.paused.join(", "))));
        }
        lines.push(progress(reading.figures.elapsed, width));
        lines
    }

    fn body(&self, width: u16) -> Buffer {
        let Some(reading) = self.reading else { return Buffer::empty(Rect::new(0, 0, width, 0)) };
        let figures = &reading.figures;
        let columns: Vec<Vec<Card>> = if width >= WIDE {
            let inner = (width / 2).min(COLUMN).saturating_sub(4);
            // As they stand, but epoch, fees and emission on the left, and what concerns people on the right.
            let (left, right) = figures.panels.split_at(figures.panels.len().min(3));
            let of = |panels: &[Panel]| panels.iter().map(|panel| self.panel(panel, inner)).collect::<Vec<_>>();
            let mut right = of(right);
            right.push(self.coming(&figures.coming, figures.time, inner));
            vec![of(left), right]
        } else {
            let inner = width.min(COLUMN).saturating_sub(4);
            let mut column: Vec<Card> = figures.panels.iter().map(|panel| self.panel(panel, inner)).collect();
            column.push(self.coming(&figures.coming, figures.time, inner));
            vec![column]
        };
        let across = width.min(2 * COLUMN);
        let column = across / u16::try_from(columns.len()).unwrap_or(1);
        let column = column.min(COLUMN);
        let events = self.events(&reading.news, across.saturating_sub(4));
        let high = columns.iter().map(|boxes| boxes.iter().map(Card::height).sum::<u16>()).max().unwrap_or_default();
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, high.saturating_add(events.height())));
        for (x, boxes) in (0..).step_by(usize::from(column)).zip(columns) {
            let mut y = 0;
            for it in boxes {
                let height = it.height();
                it.render(Rect::new(x, y, column, height), &mut buffer);
                y += height;
            }
        }
        let height = events.height();
        events.render(Rect::new(0, high, across, height), &mut buffer);
        buffer
    }

    fn panel(&self, panel: &Panel, width: u16) -> Card {
        let rows = panel.figures.iter().flat_map(|Figure { name, quantity }| row(name, &self.look.text(*quantity), width));
        Card { title: panel.title, lines: rows.collect() }
    }

    fn coming(&self, coming: &[Coming], now: u64, width: u16) -> Card {
        let mut lines: Vec<Line<'static>> = coming
            .iter()
            .flat_map(|Coming { contract, what, to, from }| {
                let when = from.map_or_else(String::new, |from| match from.saturating_sub(now) {
                    0 => "from now on".to_owned(),
                    seconds => format!("in {}", duration(seconds)),
                });
                row(&format!("{contract}: {what} {}", self.look.text(*to)), &when, width)
            })
            .collect();
        if lines.is_empty() {
            lines.push(Line::styled("nothing is announced", QUIET));
        }
        Card { title: "to come", lines }
    }

    fn events(&self, news: &[News], width: u16) -> Card {
        let mut lines = Vec::new();
        for it in news {
            let (when, words) = it.words(&|account| self.look.who(account));
            // In a narrow place each event has its time on a line of its own.
            if width >= WIDE - 4 {
                for (at, text) in wrapped(&words, width - 21, 2).into_iter().enumerate() {
                    let when = if at == 0 { format!("{when}  ") } else { " ".repeat(21) };
                    lines.push(Line::from(vec![Span::styled(when, QUIET), Span::raw(text)]));
                }
            } else {
                lines.push(Line::styled(when, QUIET));
                lines.extend(wrapped(&format!("  {words}"), width, 2).into_iter().map(Line::raw));
            }
        }
        if lines.is_empty() {
            lines.push(Line::styled("none yet", QUIET));
        }
        Card { title: "newest events", lines }
    }
}

/// Lines with a border and a title.
struct Card {
    title: &'static str,
    lines: Vec<Line<'static>>,
}

impl Card {
    fn height(&self) -> u16 {
        u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(2)
    }

    fn render(self, area: Rect, buffer: &mut Buffer) {
        let title = Line::styled(format!(" {} ", self.title), TITLE);
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(QUIET).title(title);
        let inner = block.inner(area);
        block.render(area, buffer);
        let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
        Paragraph::new(self.lines).render(inner, buffer);
    }
}

/// A name on the left and its value on the right; on the next line, where both do not fit into one.
fn row(name: &str, value: &str, width: u16) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let (long, wide) = (name.chars().count(), value.chars().count());
    let right = |room: usize| Span::raw(format!("{}{value}", " ".repeat(room.saturating_sub(wide))));
    if value.is_empty() || long + 1 + wide <= width {
        return vec![Line::from(vec![Span::styled(name.to_owned(), QUIET), right(width.saturating_sub(long))])];
    }
    vec![Line::styled(name.to_owned(), QUIET), Line::from(right(width))]
}

/// How far the epoch is.
fn progress((elapsed, whole): (u64, u64), width: u16) -> Line<'static> {
    let left = duration(whole.saturating_sub(elapsed));
    let share = if whole == 0 { 0 } else { u128::from(elapsed) * 100 / u128::from(whole) };
    let words = format!(" {share} % of the epoch, {left} left");
    let room = u128::from(width.min(2 * COLUMN)).saturating_sub(words.len() as u128).min(40);
    let full = usize::try_from(room * share.min(100) / 100).unwrap_or_default();
    let empty = usize::try_from(room).unwrap_or_default() - full;
    Line::from(vec![Span::styled("━".repeat(full), TITLE), Span::styled("─".repeat(empty), QUIET), Span::raw(words)])
}

/// A text on lines of at most so many characters, all but the first set in. What comes from events is written by anybody:
/// control characters are left out.
fn wrapped(text: &str, width: u16, indent: usize) -> Vec<String> {
    let width = usize::from(width).max(indent + 8);
    let text: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        while line.chars().count() + word.len() + usize::from(!line.is_empty()) > width {
            if line.trim().is_empty() {
                // A word that is longer than a line.
                let rest = word.split_off(width - line.len().min(width));
                line.extend(word);
                word = rest;
            }
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        }
        if !line.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        line.extend(word);
    }
    lines.push(line);
    lines
}

/// A buffer's characters, line by line, without the space at their ends.
fn plain(buffer: &Buffer) -> String {
    let Rect { width, height, .. } = buffer.area;
    let line = |row: u16| -> String { (0..width).map(|column| buffer[(column, row)].symbol()).collect() };
    (0..height).map(|row| format!("{}\n", line(row).trim_end())).collect()
}
