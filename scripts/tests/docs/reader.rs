//! Somebody who reads a page and does what it says.

use std::{
    collections::HashMap,
    env, fs,
    path::Path,
    process::{Command as Process, Stdio},
    time::{Duration, Instant},
};

use corflow::build::Workspace;

use crate::{
    page::{Command, Step, What, steps},
    words::{filled, is_said},
    world::World,
};

/// How long a command that goes on may take to say what the page says.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads a page of this checkout to its end. `EPOCH` in it is the given one, or the one that runs when it is first named.
pub(crate) async fn read(world: &World, page: &str, epoch: Option<u64>) {
    let path = Workspace::here().root().join(page);
    let mut reader = Reader { world, page, said: String::new(), kept: HashMap::new() };
    reader.kept.extend(epoch.map(|epoch| ("EPOCH".to_owned(), epoch.to_string())));
    let steps = steps(&path);
    assert!(steps.iter().any(|step| matches!(step.what, What::Run(_))), "{page} has no command");
    for (index, Step { line, what }) in steps.iter().enumerate() {
        let expected = match steps.get(index + 1).map(|next| &next.what) {
            Some(What::Prints(lines)) => lines.as_slice(),
            _ => &[],
        };
        // Commands of one block are heard together.
        if !matches!(what, What::Prints(_)) && (index == 0 || steps[index - 1].line != *line) {
            reader.said.clear();
        }
        reader.does(what, expected).await.unwrap_or_else(|error| panic!("{page}:{line}: {error}"));
    }
}

struct Reader<'a> {
    world: &'a World,
    page: &'a str,
    /// What the commands of the latest block printed.
    said: String,
    /// Words that keep their meaning to the end of a page.
    kept: HashMap<String, String>,
}

impl Reader<'_> {
    async fn does(&mut self, what: &What, expected: &[String]) -> Result<(), String> {
        match what {
            What::Run(command) => self.runs(command, expected).await,
            What::Prints(lines) => held(&self.said, lines),
            What::Write { name, text } => {
                let text = self.filled(text).await?;
                self.world.write(name, &text);
                Ok(())
            }
            What::Ask(question) => self.asks(question).await,
            What::Pass(seconds) => {
                self.world.pass(*seconds).await;
                Ok(())
            }
            What::SafeSigns(file) => {
                let before = self.world.snapshot().await;
                self.world.safe_signs(file).await;
                self.shell("corflow status --network arbitrum-sepolia")?;
                self.world.revert(before).await;
                Ok(())
            }
        }
    }

    /// Words of the page that are not known yet are asked of the world; the epoch and the app stay what they were.
    async fn filled(&mut self, text: &str) -> Result<String, String> {
        let mut missing = Vec::new();
        filled(text, |word| {
            missing.push(word.to_owned());
            Some(String::new())
        })?;
        let mut known = self.kept.clone();
        for word in missing {
            if known.contains_key(&word) {
                continue;
            }
            if let Some(meaning) = self.world.word(&word).await {
                if ["EPOCH", "APP"].contains(&&*word) {
                    self.kept.insert(word.clone(), meaning.clone());
                }
                known.insert(word, meaning);
            }
        }
        filled(text, |word| known.get(word).cloned())
    }

    async fn runs(&mut self, command: &Command, expected: &[String]) -> Result<(), String> {
        let text = self.filled(&command.text).await?;
        println!("{}$ {text}", self.page);
        if command.until_interrupt {
            return self.interrupts(&text, expected);
        }
        let began = Instant::now();
        let (code, said) = self.shell_code(&text)?;
        println!("{said}({:.1} s)", began.elapsed().as_secs_f64());
        self.said += &said;
        if code == command.exit { Ok(()) } else { Err(format!("{text}\nexits with {code}, not {}:\n{said}", command.exit)) }
    }

    fn shell(&self, text: &str) -> Result<String, String> {
        let (code, said) = self.shell_code(text)?;
        if code == 0 { Ok(said) } else { Err(format!("{text}\nexits with {code}:\n{said}")) }
    }

    /// Runs a command in the shell that the page's commands share: variables are remembered.
    fn shell_code(&self, text: &str) -> Result<(i32, String), String> {
        let output = self.process(&format!("{text}\ncode=$?\nexport -p > .environment\nexit $code")).output();
        let output = output.map_err(|error| format!("{text}: {error}"))?;
        Ok((output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned()))
    }

    fn process(&self, text: &str) -> Process {
        let folder = self.world.folder();
        let mut process = Process::new("bash");
        process.arg("-c").arg(format!("exec 2>&1\n[ -f .environment ] && . ./.environment\n{text}"));
        let path = format!("{}:{}", folder.join("bin").display(), env::var("PATH").unwrap_or_default());
        process.current_dir(folder).env("PATH", path).env("CORFLOW_DEPLOYMENTS", folder.join("deployments"));
        process.stdin(Stdio::null());
        process
    }

    /// Runs a command that goes on until Ctrl-C: presses it once it has said what the page says.
    fn interrupts(&mut self, text: &str, expected: &[String]) -> Result<(), String> {
        let heard = self.world.path(".heard");
        let file = fs::File::create(&heard).map_err(|error| error.to_string())?;
        let mut child = self.process(&format!("exec {text}")).stdout(file).spawn().map_err(|error| error.to_string())?;
        let (began, before) = (Instant::now(), self.said.clone());
        loop {
            std::thread::sleep(Duration::from_millis(50));
            self.said = before.clone() + &said(&heard);
            let held = held(&self.said, expected);
            let ended = child.try_wait().map_err(|error| error.to_string())?;
            if let (Err(error), true) = (&held, ended.is_some() || began.elapsed() > PATIENCE) {
                let _ = child.kill();
                return Err(format!("{text}\n{error}"));
            }
            if held.is_ok() && (ended.is_some() || began.elapsed() > Duration::from_secs(1)) {
                break;
            }
        }
        // To the program alone, which bash has become.
        let interrupt = Process::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(interrupt.is_ok_and(|it| it.success()), "{text}: it ended by itself: {}", self.said);
        let pressed = Instant::now();
        let ended = loop {
            if let Some(ended) = child.try_wait().map_err(|error| error.to_string())? {
                break ended;
            }
            if pressed.elapsed() > PATIENCE {
                let _ = child.kill();
                return Err(format!("{text}\ndoes not end at Ctrl-C"));
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        self.said = before + &said(&heard);
        println!("{}", self.said);
        if ended.success() { Ok(()) } else { Err(format!("{text}\nends with {ended} at Ctrl-C: {}", self.said)) }
    }

    /// Asks the index.
    async fn asks(&mut self, question: &str) -> Result<(), String> {
        // SQL has capitals of its own: here only addresses stand for something.
        let mut known = HashMap::new();
        for word in question.split(|it: char| !it.is_ascii_alphanumeric() && it != '_').filter(|word| word.starts_with("0x")) {
            known.insert(word, self.world.word(word).await);
        }
        let question = filled(question, |word| known.get(word).cloned().unwrap_or_else(|| Some(word.to_owned())))?;
        let index = rusqlite::Connection::open(self.world.path("corflow.db")).map_err(|error| error.to_string())?;
        let mut statement = index.prepare(&question).map_err(|error| format!("{question}: {error}"))?;
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let cells = (0..columns).map(|column| row.get_ref(column).map(|cell| shown(&cell)));
            Ok(cells.collect::<Result<Vec<_>, _>>()?.join("|"))
        });
        let rows: Result<Vec<String>, _> = rows.and_then(Iterator::collect);
        let rows = rows.map_err(|error| format!("{question}: {error}"))?;
        println!("{}> {question}\n{}", self.page, rows.join("\n"));
        self.said = rows.join("\n");
        if rows.is_empty() { Err(format!("{question}\nhas no answer")) } else { Ok(()) }
    }
}

fn shown(cell: &rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match cell {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

fn said(path: &Path) -> String {
    fs::read(path).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether lines were said, in this order.
fn held(said: &str, lines: &[String]) -> Result<(), String> {
    let mut heard = said.lines();
    for line in lines.iter().filter(|line| line.trim() != "…") {
        if !heard.by_ref().any(|it| is_said(it, line)) {
            return Err(format!("the page says that it prints\n  {line}\nand it printed\n{said}"));
        }
    }
    Ok(())
}
