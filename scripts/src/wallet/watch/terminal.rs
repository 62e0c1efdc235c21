//! The terminal, taken for as long as the dashboard is shown and given back however that ends: by a key, a signal, an error or a
//! panic.

use std::{
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
};
use tokio::{
    sync::mpsc::{self, Sender, UnboundedReceiver},
    time::{interval, sleep},
};

use super::{
    Reader, Reading,
    screen::{Age, Look, Screen},
};

/// The terminal while it is ours.
struct Taken(DefaultTerminal);

impl Taken {
    /// Takes it. From here on a panic gives it back before it says anything.
    fn take() -> Result<Self> {
        ratatui::try_init().map(Self).context("the terminal cannot be used for a dashboard: --once prints one frame as text")
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// What is shown.
#[derive(Default)]
struct State {
    reading: Option<Reading>,
    read: Option<Instant>,
    trouble: Option<String>,
    scroll: u16,
}

/// What a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Quit,
    By(i32),
    Nothing,
}

/// Shows what a reader reads, until a key or a signal ends it.
pub(super) async fn show(reader: Reader, look: &Look, every: Duration) -> Result<ExitCode> {
    let mut ends = Ends::listen()?;
    let (send, mut readings) = mpsc::channel(1);
    // It ends with the channel.
    let reading = tokio::spawn(read_on(reader, every, send));
    let mut terminal = Taken::take()?;
    let (mut keys, mut second) = (keys(), interval(Duration::from_secs(1)));
    let mut state = State::default();
    let ended = loop {
        if let Err(error) = state.draw(&mut terminal, look) {
            break Err(error).context("the terminal takes nothing any more");
        }
        tokio::select! {
            event = keys.recv() => match event.map(|event| wish(&event)) {
                Some(Wish::By(lines)) => state.scroll = u16::try_from((i32::from(state.scroll) + lines).max(0)).unwrap_or(u16::MAX),
                Some(Wish::Nothing) => {}
                Some(Wish::Quit) | None => break Ok(()),
            },
            read = readings.recv() => match read {
                Some(read) => state.take(read),
                None => break Err(anyhow::anyhow!("the reader stopped: this is an error of ours")),
            },
            () = ends.come() => break Ok(()),
            _ = second.tick() => {}
        }
    };
    reading.abort();
    drop(terminal);
    ended.map(|()| ExitCode::SUCCESS)
}

impl State {
    fn take(&mut self, read: Result<Reading>) {
        match read {
            Ok(reading) => (self.reading, self.read, self.trouble) = (Some(reading), Some(Instant::now()), None),
            Err(error) => self.trouble = Some(format!("{error:#}").lines().map(str::trim).collect::<Vec<_>>().join("; ")),
        }
    }

    fn draw(&mut self, terminal: &mut Taken, look: &Look) -> io::Result<()> {
        let age = Age { read: self.read.map(|it| it.elapsed()), trouble: self.trouble.clone() };
        let screen = Screen { look, reading: self.reading.as_ref(), age: Some(age) };
        let scroll = &mut self.scroll;
        terminal.0.draw(|frame| *scroll = screen.draw(frame.area(), frame.buffer_mut(), *scroll)).map(drop)
    }
}

/// Reads again and again, whether it succeeds or not.
async fn read_on(mut reader: Reader, every: Duration, send: Sender<Result<Reading>>) {
    while send.send(reader.read().await).await.is_ok() {
        sleep(every).await;
    }
}

/// What is typed. The thread waits for keys until the process ends.
fn keys() -> UnboundedReceiver<Event> {
    let (send, keys) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if send.send(event).is_err() {
                break;
            }
        }
    });
    keys
}

fn wish(event: &Event) -> Wish {
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press | KeyEventKind::Repeat, .. }) = event else {
        return Wish::Nothing;
    };
    match code {
        // In raw mode the terminal makes no signal of it.
        KeyCode::Char('c' | 'd') if modifiers.contains(KeyModifiers::CONTROL) => Wish::Quit,
        KeyCode::Char('q') | KeyCode::Esc => Wish::Quit,
        KeyCode::Down | KeyCode::Char('j') => Wish::By(1),
        KeyCode::Up | KeyCode::Char('k') => Wish::By(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Wish::By(15),
        KeyCode::PageUp => Wish::By(-15),
        KeyCode::Home => Wish::By(-i32::from(u16::MAX)),
        KeyCode::End => Wish::By(i32::from(u16::MAX)),
        _ => Wish::Nothing,
    }
}

/// Signals by which a process is asked to end.
struct Ends {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
}

impl Ends {
    #[cfg(unix)]
    fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = |kind| signal(kind).context("signals cannot be waited for");
        let signals = [heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?, heard(SignalKind::hangup())?];
        Ok(Self { signals })
    }

    #[cfg(unix)]
    async fn come(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn come(&mut self) {
        // A handler that cannot be set never comes.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
