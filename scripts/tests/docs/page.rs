//! A page of `docs/`, as what its reader does one after another.
//!
//! | in the page | is |
//! |---|---|
//! | a block of `sh` | commands to run, in order; `# exits with 3` at the end of one is held, and `# until Ctrl-C` |
//! | a block of `text` behind it | what they print: these lines in this order, `…` for what differs each time |
//! | a block of `toml` whose first line is `# name` | a file to write |
//! | a block of `sql` | a question to the index, which has an answer |
//! | `<!-- 1 h 30 min pass -->` | what the reader waits for |
//! | `<!-- the Safe signs FILE, and all of it is undone -->` | another way to do what the next block does |

use std::{fs, path::Path};

/// One thing that a reader does, and in which line of the page.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) line: usize,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    Run(Command),
    Prints(Vec<String>),
    Write { name: String, text: String },
    Ask(String),
    Pass(u64),
    SafeSigns(String),
}

/// A command, and what the page says about its end.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) text: String,
    pub(crate) exit: i32,
    pub(crate) until_interrupt: bool,
}

/// The steps of a page.
pub(crate) fn steps(path: &Path) -> Vec<Step> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut steps = Vec::new();
    let mut lines = (1..).zip(text.lines());
    while let Some((line, text)) = lines.next() {
        let indent = text.len() - text.trim_start().len();
        if let Some(language) = text.trim_start().strip_prefix("```") {
            let block = lines.by_ref().map(|(_, text)| text).take_while(|text| text.trim() != "```");
            let block: Vec<&str> = block.map(|text| text.get(indent..).unwrap_or_default()).collect();
            steps.extend(of_block(language, &block).into_iter().map(|what| Step { line, what }));
        } else if let Some(comment) = text.trim().strip_prefix("<!-- ").and_then(|text| text.strip_suffix(" -->")) {
            steps.extend(of_comment(comment).map(|what| Step { line, what }));
        }
    }
    steps
}

fn of_block(language: &str, lines: &[&str]) -> Vec<What> {
    match language {
        "sh" => commands(lines).into_iter().map(What::Run).collect(),
        "text" => vec![What::Prints(lines.iter().map(|line| (*line).to_owned()).collect())],
        "toml" => {
            let name = lines[0].strip_prefix("# ").expect("the first line of a file is its name");
            vec![What::Write { name: name.to_owned(), text: lines.join("\n") }]
        }
        "sql" => vec![What::Ask(lines.join("\n"))],
        // Formulas, and what is no step of anybody's.
        "" | "rust" => Vec::new(),
        other => panic!("a block of {other}: is it to be run?"),
    }
}

fn of_comment(text: &str) -> Option<What> {
    if let Some(span) = text.strip_suffix(" pass") {
        return Some(What::Pass(seconds(span)));
    }
    let file = text.strip_prefix("the Safe signs ")?.strip_suffix(", and all of it is undone")?;
    Some(What::SafeSigns(file.to_owned()))
}

fn seconds(span: &str) -> u64 {
    let words: Vec<&str> = span.split(' ').collect();
    let parts = words.chunks(2).map(|part| match part {
        [number, unit] => {
            let unit = match *unit {
                "min" => 60,
                "h" => 3_600,
                "d" => 86_400,
                other => panic!("{other} in {span}"),
            };
            number.parse::<u64>().expect(span) * unit
        }
        _ => panic!("{span}"),
    });
    parts.sum()
}

/// The commands of a block: a line each, or as many as a backslash at the end or a here-document joins.
fn commands(lines: &[&str]) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut lines = lines.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    while let Some(line) = lines.next() {
        let mut text = (*line).to_owned();
        while text.ends_with('\\') {
            text = format!("{text}\n{}", lines.next().expect("a line goes on"));
        }
        if text.contains("<<END") {
            for line in lines.by_ref() {
                text = format!("{text}\n{line}");
                if *line == "END" {
                    break;
                }
            }
        }
        let exit = text.rsplit_once("# exits with ").map_or(0, |(_, code)| {
            let code: String = code.chars().take_while(char::is_ascii_digit).collect();
            code.parse().expect("an exit code")
        });
        let until_interrupt = text.ends_with("until Ctrl-C");
        commands.push(Command { text, exit, until_interrupt });
    }
    commands
}
