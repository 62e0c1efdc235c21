//! Tables of text, one row a miner, from CSV or from a JSON array of objects; every fault with the line it stands in.

use std::{borrow::Cow, collections::HashMap, fmt};

use alloy_primitives::Address;
use serde::de::{DeserializeSeed, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;
use words::Misread;

/// So many faults are told at once; more than these would tell nothing new.
const TOLD: usize = 20;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A line with the columns' names, then a line for each row.
    Csv,
    /// An array of objects.
    Json,
}

impl Format {
    /// As the file's name says, or else as its content looks.
    pub(crate) fn of(name: &str, text: &str) -> Self {
        match name.rsplit('.').next() {
            Some("csv") => Self::Csv,
            Some("json") => Self::Json,
            _ if text.trim_start().starts_with('[') => Self::Json,
            _ => Self::Csv,
        }
    }

    /// What names of such files end in.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A fault of one row.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Fault {
    /// The text is neither CSV nor JSON here.
    #[error("{0}")]
    Syntax(String),
    /// A column is not there.
    #[error("the column {0:?} is missing")]
    MissingColumn(&'static str),
    /// A column nobody reads: a misspelt one would otherwise be ignored.
    #[error("there is no column {0:?}")]
    UnknownColumn(String),
    /// A column is there twice.
    #[error("the column {0:?} is there twice")]
    RepeatedColumn(String),
    /// The value is none, or not of its kind.
    #[error("{column}: {misread}")]
    Value {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        misread: Misread,
    },
    /// A miner is there twice; adding the rows up or taking one of them would both be guesses.
    #[error("{miner} is there already, in line {first}")]
    DuplicateMiner {
        /// The miner.
        miner: Address,
        /// The line where it is first.
        first: u64,
    },
    /// Free work is a part of all work.
    #[error("the free part, {free}, is more than the whole score, {score}")]
    FreeAboveScore {
        /// The free part.
        free: String,
        /// The score that it would be part of.
        score: String,
    },
}

/// All that is wrong with a table, by line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The file's name.
    pub file: String,
    /// The first of them: the line, counted from 1, and the fault.
    pub told: Vec<(u64, Fault)>,
    /// How many there are in all.
    pub count: usize,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (line, fault)) in self.told.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{line}: {fault}", self.file)?;
        }
        match self.count.checked_sub(self.told.len()) {
            Some(more) if more > 0 => write!(f, "\nand {more} more"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Faults {}

/// Values of one row, in the order of the columns asked for.
pub(crate) type Values<'a, const N: usize> = [&'a str; N];

/// Reads a table of the columns `names`, the first of which names the miner. `row` makes an item of each row.
pub(crate) fn table<const N: usize, T>(
    file: &str,
    bytes: &[u8],
    names: [&'static str; N],
    row: impl Fn(Values<'_, N>) -> Result<(Address, T), Fault>,
) -> Result<Vec<T>, Faults> {
    let mut reader = Reader {
        items: Vec::new(),
        lines: HashMap::new(),
        faults: Faults { file: file.to_owned(), told: Vec::new(), count: 0 },
        row,
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            let read = match Format::of(file, text) {
                Format::Csv => csv(text, names, &mut reader),
                Format::Json => json(text, names, &mut reader),
            };
            if let Err((line, fault)) = read {
                reader.faults.add(line, fault);
            }
        }
        Err(error) => {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&it| it == b'\n').count();
            reader.faults.add(line as u64, Fault::Syntax("this is not UTF-8 text".into()));
        }
    }
    if reader.faults.count == 0 { Ok(reader.items) } else { Err(reader.faults) }
}

struct Reader<T, F> {
    items: Vec<T>,
    lines: HashMap<Address, u64>,
    faults: Faults,
    row: F,
}

impl<T, F> Reader<T, F> {
    fn take<const N: usize>(&mut self, line: u64, values: Values<'_, N>)
    where
        F: Fn(Values<'_, N>) -> Result<(Address, T), Fault>,
    {
        match (self.row)(values) {
            Ok((miner, item)) => match self.lines.insert(miner, line) {
                None => self.items.push(item),
                Some(first) => {
                    self.lines.insert(miner, first);
                    self.faults.add(line, Fault::DuplicateMiner { miner, first });
                }
            },
            Err(fault) => self.faults.add(line, fault),
        }
    }
}

impl Faults {
    fn add(&mut self, line: u64, fault: Fault) {
        if self.told.len() < TOLD {
            self.told.push((line, fault));
        }
        self.count += 1;
    }
}

fn csv<const N: usize, T>(
    text: &str,
    names: [&'static str; N],
    reader: &mut Reader<T, impl Fn(Values<'_, N>) -> Result<(Address, T), Fault>>,
) -> Result<(), (u64, Fault)> {
    let syntax = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let told = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} values for {expected_len} columns"),
            _ => error.to_string(),
        };
        (line, Fault::Syntax(told))
    };
    let mut input = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = input.headers().map_err(syntax)?.clone();
    let mut places = [usize::MAX; N];
    for (place, column) in header.iter().enumerate() {
        let index = names.iter().position(|it| *it == column).ok_or_else(|| (1, Fault::UnknownColumn(column.to_owned())))?;
        if places[index] != usize::MAX {
            return Err((1, Fault::RepeatedColumn(column.to_owned())));
        }
        places[index] = place;
    }
    if let Some(index) = places.iter().position(|it| *it == usize::MAX) {
        return Err((1, Fault::MissingColumn(names[index])));
    }
    let mut record = csv::StringRecord::new();
    loop {
        match input.read_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = record.position().map_or(0, csv::Position::line);
                reader.take(line, places.map(|place| record.get(place).unwrap_or_default()));
            }
            Err(error) => {
                let (line, fault) = syntax(error);
                reader.faults.add(line, fault);
            }
        }
    }
}

fn json<const N: usize, T>(
    text: &str,
    names: [&'static str; N],
    reader: &mut Reader<T, impl Fn(Values<'_, N>) -> Result<(Address, T), Fault>>,
) -> Result<(), (u64, Fault)> {
    // serde_json says where a fault is at the end of its text; the place in the row is ours to say.
    let syntax = |error: serde_json::Error| {
        let told = error.to_string();
        let told = told.split(" at line ").next().unwrap_or(&told).to_owned();
        (error.line() as u64, Fault::Syntax(told))
    };
    let rows: Vec<&RawValue> = serde_json::from_str(text).map_err(syntax)?;
    let (mut line, mut seen) = (1, 0);
    for row in rows {
        let start = row.get().as_ptr() as usize - text.as_ptr() as usize;
        line += text.as_bytes()[seen..start].iter().filter(|&&it| it == b'\n').count() as u64;
        seen = start;
        let mut source = serde_json::Deserializer::from_str(row.get());
        match (Object { names }).deserialize(&mut source) {
            Ok(Ok(values)) => reader.take(line, values.each_ref().map(|it| it.as_ref())),
            Ok(Err(fault)) => reader.faults.add(line, fault),
            Err(error) => {
                let (within, fault) = syntax(error);
                reader.faults.add(line + within.saturating_sub(1), fault);
            }
        }
    }
    Ok(())
}

/// An object with exactly these members, each a string or a number, as it is written: a number must not pass through a
/// double on its way.
struct Object<const N: usize> {
    names: [&'static str; N],
}

impl<'de, const N: usize> DeserializeSeed<'de> for Object<N> {
    type Value = Result<[Cow<'de, str>; N], Fault>;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Object<N> {
    type Value = Result<[Cow<'de, str>; N], Fault>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", self.names.join(", "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [const { None }; N];
        let mut fault = None;
        while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            let Some(index) = self.names.iter().position(|it| *it == name) else {
                fault.get_or_insert(Fault::UnknownColumn(name.into_owned()));
                continue;
            };
            if values[index].replace(value.get()).is_some() {
                fault.get_or_insert(Fault::RepeatedColumn(name.into_owned()));
            }
        }
        if let Some(fault) = fault {
            return Ok(Err(fault));
        }
        if let Some(index) = values.iter().position(Option::is_none) {
            return Ok(Err(Fault::MissingColumn(self.names[index])));
        }
        // Strings lose their quotes; whatever else is no number is refused, with the column's name, by who reads it.
        Ok(Ok(values.map(|it| it.map_or(Cow::Borrowed(""), unquoted))))
    }
}

fn unquoted(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
        Some(text) if !text.contains('\\') => Cow::Borrowed(text),
        Some(_) => serde_json::from_str::<String>(value).map_or(Cow::Borrowed(value), Cow::Owned),
        None => Cow::Borrowed(value),
    }
}
