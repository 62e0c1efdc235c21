//! Somebody at a terminal: a program runs on one of `script`'s making, and is answered when it asks.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// Runs corflow on a terminal; whenever it has said the first of a pair, for the first time after the pair before, the second is
/// typed. Its exit code, and all that the terminal showed.
pub(crate) fn at_a_terminal(words: &[String], dialogue: &[(&str, &str)]) -> (Option<i32>, String) {
    let line = format!("{} {}", env!("CARGO_BIN_EXE_corflow"), words.join(" "));
    let mut child = Command::new("script")
        .args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("script, of util-linux");
    let mut keyboard = child.stdin.take().expect("a keyboard");
    let mut screen = child.stdout.take().expect("a screen");
    let shown = Arc::new(Mutex::new(Vec::new()));
    let reader = thread::spawn({
        let shown = shown.clone();
        move || {
            let mut bytes = [0; 1024];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                shown.lock().expect("what was shown").extend_from_slice(&bytes[..count]);
            }
        }
    });
    let text = || String::from_utf8_lossy(&shown.lock().expect("what was shown")).into_owned();
    let mut from = 0;
    for (question, answer) in dialogue {
        let began = Instant::now();
        from = loop {
            let now = text();
            if let Some(at) = now.get(from..).and_then(|rest| rest.find(question)) {
                break from + at + question.len();
            }
            let ended = child.try_wait().expect("a state").is_some();
            assert!(!ended && began.elapsed() < Duration::from_secs(60), "no {question:?} in: {now}");
            thread::sleep(Duration::from_millis(10));
        };
        keyboard.write_all(answer.as_bytes()).expect("it is typed");
        keyboard.flush().expect("it is typed");
    }
    let status = child.wait().expect("it ends");
    drop(keyboard);
    reader.join().expect("all is read");
    (status.code(), text())
}
