//! What stands for something else in a page, and what stands for itself.

/// Words in capitals that are what they say.
const PLAIN: [&str; 3] = ["COR", "POST", "END"];

/// A text with its placeholders filled: `0xMINER`, `EPOCH`. One that nobody knows is an error with its name.
pub(crate) fn filled(text: &str, mut known: impl FnMut(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        // What a comment says is for people.
        let (code, comment) = line.split_at(comment(line));
        let mut rest = code;
        while let Some(start) = rest.find(|it: char| it.is_ascii_alphanumeric() || it == '_') {
            let word = &rest[start..];
            let end = word.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            let before = &rest[..start];
            out += before;
            let named = before.ends_with(['$', '{']) || after.starts_with('=');
            if is_placeholder(word) && !named && !PLAIN.contains(&word) {
                out += &known(word).ok_or_else(|| format!("what is {word}? nothing in the test says it"))?;
            } else {
                out += word;
            }
            rest = after;
        }
        out += rest;
        out += comment;
        if code.contains('…') {
            return Err("… in a command: nobody can type that".to_owned());
        }
    }
    Ok(out)
}

/// Where the comment of a line begins.
fn comment(line: &str) -> usize {
    if line.starts_with('#') { 0 } else { line.find(" # ").unwrap_or(line.len()) }
}

fn is_placeholder(word: &str) -> bool {
    let capitals = word.strip_prefix("0x").unwrap_or(word);
    capitals.starts_with(|it: char| it.is_ascii_uppercase())
        && capitals.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
        && !(word.starts_with("0x") && capitals.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Whether a line is what a page says, in which `…` stands for anything.
pub(crate) fn is_said(line: &str, said: &str) -> bool {
    let line = line.trim_end();
    let mut parts = said.trim_end().split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        let Some(found) = rest.find(part) else { return false };
        rest = &rest[found + part.len()..];
    }
    rest.is_empty() || open
}

#[test]
fn placeholders_are_filled_or_named() {
    let known = |word: &str| (word == "0xSAFE" || word == "N").then(|| "7".to_owned());
    let text = "a --from 0xSAFE \"5 COR\" --epoch N --key $KEY ${URL} X=1 0xAB # not ALL\n";
    assert_eq!(filled(text, known).unwrap(), "a --from 7 \"5 COR\" --epoch 7 --key $KEY ${URL} X=1 0xAB # not ALL\n");
    assert!(filled("a --keystore FILE", known).unwrap_err().contains("FILE"));
    assert!(filled("position 0x…", known).is_err());
}

#[test]
fn what_is_said_is_held() {
    assert!(is_said("epoch 7 is open", "epoch … is open") && is_said("epoch 7 is open", "epoch …"));
    assert!(!is_said("epoch 7 is open", "epoch … is closed") && !is_said("epoch 7 is open!", "epoch … is open"));
    assert!(!is_said("an epoch 7", "epoch 7"));
}
