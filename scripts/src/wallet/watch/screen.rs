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
        coming::Coming,
        place::Site,
        twin::{Figure, Quantity},
    },
    Reading,
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
            let whole = body.area.height;
            let lines = format!("q quits   \u{2191}\u{2193} lines {} to {} of {whole}", (scroll + 1).min(whole), scroll + shown);
            let keys = if shown < whole { lines } else { "q quits".to_owned() };
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
        let mut title = vec![Span::styled("corflow watch", TITLE), Span::raw(format!("   chain {}", self.look.chain))];
        let mut lines = Vec::new();
        if let Some(reading) = self.reading {
            let block = Span::raw(format!("block {}   {}", reading.figures.block, time(reading.figures.time)));
            if width >= 80 {
                title.extend([Span::raw("   "), block]);
            } else {
                lines.push(Line::from(block));
            }
        }
        lines.insert(0, Line::from(title));
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
                lines.extend(wrapped(&words, width, 2).into_iter().map(Line::raw));
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
    if !value.is_empty() && long + 1 + wide <= width {
        return vec![Line::from(vec![Span::styled(name.to_owned(), QUIET), right(width - long)])];
    }
    let name = wrapped(name, u16::try_from(width).unwrap_or(u16::MAX), 2).into_iter().map(|it| Line::styled(it, QUIET));
    name.chain((!value.is_empty()).then(|| Line::from(right(width)))).collect()
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
                // A word that is longer than a line. There is room for at least eight of its characters.
                let rest = word.split_off(word.len().min(width - line.len()));
                line.extend(word);
                word = rest;
                if word.is_empty() {
                    break;
                }
            }
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        }
        if !word.is_empty() && !line.is_empty() && !line.ends_with(' ') {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ratatui::{Terminal, backend::TestBackend};
    use serde_json::json;

    use super::*;
    use crate::{names::Event, wallet::watch::figures::Figures};

    const COR: u128 = 1_000_000_000_000_000_000;
    const STAKING: Address = Address::repeat_byte(0x11);

    fn look() -> Look {
        Look { chain: 412_346, names: vec![("staking".to_owned(), STAKING)] }
    }

    fn reading() -> Reading {
        let panels = vec![
            Panel { title: "epoch", figures: vec![Figure::count("epoch", 7), Figure::time("ends", 951_782_400)] },
            Panel { title: "fees", figures: vec![Figure::cor("paid by apps", 1_234 * COR + COR / 3)] },
            Panel { title: "emission", figures: vec![Figure::share("users pay", 1, 3), Figure::flag("emits", true)] },
            Panel { title: "stake", figures: vec![Figure::cor("incentives' budget that is not spent yet", COR)] },
        ];
        let to = Quantity::Account(Address::repeat_byte(0xab));
        let coming = vec![
            Coming { contract: "staking", what: "guardian", to, from: Some(951_782_400) },
            Coming { contract: "miner-pool", what: "offered to", to, from: None },
        ];
        let args = json!({"amount": (5 * COR).to_string(), "uri": "a \u{1b}[2J b", "account": STAKING.to_string()});
        let args = args.as_object().expect("members").clone();
        let event = Event { contract: "staking".to_owned(), event: "Staked".to_owned(), args };
        let figures = Figures {
            block: 99,
            time: 951_782_400 - 3_600,
            elapsed: (3, 4),
            panels,
            coming,
            paused: Vec::new(),
            faults: Vec::new(),
        };
        Reading { figures, news: vec![News { block: 98, time: 951_782_399, event }] }
    }

    /// What a terminal of this size shows.
    fn shown(screen: &Screen<'_>, (width, height): (u16, u16), scroll: u16) -> (Vec<String>, u16) {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
        let mut stands = 0;
        terminal.draw(|frame| stands = screen.draw(frame.area(), frame.buffer_mut(), scroll)).expect("a frame");
        (plain(terminal.backend().buffer()).lines().map(str::to_owned).collect(), stands)
    }

    #[test]
    fn a_narrow_terminal_has_one_column() {
        let (look, reading) = (look(), reading());
        let screen =
            Screen { look: &look, reading: Some(&reading), age: Some(Age { read: Some(Duration::from_secs(3)), trouble: None }) };
        let (lines, _) = shown(&screen, (46, 40), 0);
        let expected = "\
corflow watch   chain 412346
block 99   2000-02-28 23:00:00 UTC
read 3 s ago
━━━━━━━━━━━━━───── 75 % of the epoch, 1 s left
╭ epoch ─────────────────────────────────────╮
│ epoch                                    7 │
│ ends               2000-02-29 00:00:00 UTC │
╰────────────────────────────────────────────╯
╭ fees ──────────────────────────────────────╮
│ paid by apps                1,234.3333 COR │
╰────────────────────────────────────────────╯
╭ emission ──────────────────────────────────╮
│ users pay                          33.33 % │
│ emits                                  yes │
╰────────────────────────────────────────────╯
╭ stake ─────────────────────────────────────╮
│ incentives' budget that is not spent yet   │
│                                      1 COR │
╰────────────────────────────────────────────╯
╭ to come ───────────────────────────────────╮
│ staking: guardian 0xABaB..ABaB      in 1 h │
│ miner-pool: offered to 0xABaB..ABaB        │
╰────────────────────────────────────────────╯
╭ newest events ─────────────────────────────╮
│ 2000-02-28 23:59:59                        │
│ staking Staked: account staking, amount 5  │
│   COR, uri a [2J b                         │
╰────────────────────────────────────────────╯";
        assert_eq!(lines[..28].join("\n"), expected, "{}", lines.join("\n"));
        assert_eq!(lines[39], "q quits");
    }

    #[test]
    fn a_wide_terminal_has_two() {
        let (look, reading) = (look(), reading());
        let screen = Screen { look: &look, reading: Some(&reading), age: None };
        let (lines, _) = shown(&screen, (100, 24), 0);
        let expected = "\
corflow watch   chain 412346   block 99   2000-02-28 23:00:00 UTC
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━────────── 75 % of the epoch, 1 s left
╭ epoch ─────────────────────────────────────────╮╭ stake ─────────────────────────────────────────╮
│ epoch                                        7 ││ incentives' budget that is not spent yet 1 COR │
│ ends                   2000-02-29 00:00:00 UTC │╰────────────────────────────────────────────────╯
╰────────────────────────────────────────────────╯╭ to come ───────────────────────────────────────╮
╭ fees ──────────────────────────────────────────╮│ staking: guardian 0xABaB..ABaB          in 1 h │
│ paid by apps                    1,234.3333 COR ││ miner-pool: offered to 0xABaB..ABaB            │
╰────────────────────────────────────────────────╯╰────────────────────────────────────────────────╯
╭ emission ──────────────────────────────────────╮
│ users pay                              33.33 % │
│ emits                                      yes │
╰────────────────────────────────────────────────╯
╭ newest events ───────────────────────────────────────────────────────────────────────────────────╮
│ 2000-02-28 23:59:59  staking Staked: account staking, amount 5 COR, uri a [2J b                  │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯";
        assert_eq!(lines[..16].join("\n"), expected, "{}", lines.join("\n"));
    }

    #[test]
    fn what_does_not_fit_is_scrolled_to() {
        let (look, reading) = (look(), reading());
        let screen = Screen { look: &look, reading: Some(&reading), age: None };
        let whole = screen.text(46);
        let rows: Vec<&str> = whole.lines().collect();
        let (lines, stands) = shown(&screen, (46, 12), 0);
        assert_eq!((&lines[..11], stands), (&rows.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..11], 0));
        assert!(lines[11].contains("lines 1 to 8 of 24"), "{lines:#?}");
        let (lines, stands) = shown(&screen, (46, 12), 4);
        assert_eq!((lines[3].as_str(), stands), (rows[7], 4));
        // Not beyond the end.
        let (lines, stands) = shown(&screen, (46, 12), u16::MAX);
        assert_eq!((lines[10].as_str(), stands), (rows[26], 16));
        // A terminal with hardly any room, and one without.
        for size in [(1, 1), (8, 2), (20, 3), (46, 4)] {
            shown(&screen, size, 3);
        }
    }

    #[test]
    fn figures_that_are_old_say_so() {
        let (look, reading) = (look(), reading());
        let said = |reading: Option<&Reading>, read: Option<u64>, trouble: Option<&str>| {
            let age = Age { read: read.map(Duration::from_secs), trouble: trouble.map(str::to_owned) };
            shown(&Screen { look: &look, reading, age: Some(age) }, (80, 12), 0).0[1].clone()
        };
        assert_eq!(said(None, None, None), "reading ..");
        assert_eq!(said(None, None, Some("the node does not answer")), "nothing is read yet: the node does not answer");
        assert_eq!(said(Some(&reading), Some(5), None), "read 5 s ago");
        let away = said(Some(&reading), Some(75), Some("the node does not answer"));
        assert_eq!(away, "these figures are 1 min 15 s old: the node does not answer");
    }

    #[test]
    fn faults_and_pauses_are_above_everything() {
        let (look, mut reading) = (look(), reading());
        reading.figures.faults.push("epoch 7: an error of ours".to_owned());
        reading.figures.paused.extend(["staking", "miner-pool"]);
        let text = Screen { look: &look, reading: Some(&reading), age: None }.text(100);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1..3], ["epoch 7: an error of ours", "paused: staking, miner-pool"]);
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("one two three four", 10, 2), ["one two", "  three", "  four"]);
        assert_eq!(wrapped("abcdefghijklmnopqrstuvwxyz", 10, 2), ["abcdefghij", "  klmnopqr", "  stuvwxyz"]);
        assert_eq!(wrapped("", 10, 2), [""]);
        let mut long = BTreeMap::new();
        for width in 1..60 {
            long.insert(width, wrapped("the quick brown fox jumps over the lazydogwithaverylongname", width, 2));
        }
        assert!(long.iter().all(|(width, lines)| lines.iter().all(|line| line.chars().count() <= usize::from(*width).max(10))));
    }
}
