//! Tables in text.

/// A Markdown table whose columns line up; from column `numbers` on they are numbers, and stand to the right.
pub(crate) fn table(head: &[&str], numbers: usize, rows: Vec<Vec<String>>) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([head[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cell = |(at, text): (usize, &str)| match at < numbers {
            true => format!(" {text:<0$} |", widths[at]),
            false => format!(" {text:>0$} |", widths[at]),
        };
        format!("|{}\n", cells.into_iter().enumerate().map(cell).collect::<String>())
    };
    let rule = |(at, width): (usize, &usize)| match at < numbers {
        true => format!("{}|", "-".repeat(width + 2)),
        false => format!("{}:|", "-".repeat(width + 1)),
    };
    let mut text = line(head.to_vec());
    text.push_str(&format!("|{}\n", widths.iter().enumerate().map(rule).collect::<String>()));
    for row in &rows {
        text.push_str(&line(row.iter().map(String::as_str).collect()));
    }
    text
}

/// Digits in threes.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
