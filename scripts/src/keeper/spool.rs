//! Vouchers on their way in: checked before they are taken.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use alloy_primitives::U256;
use thiserror::Error;

use super::{
    chain::{Contracts, Times},
    store::vouchers::Voucher,
};
use crate::{
    deployments::replace,
    voucher::file::{Place, Voucher as File, VoucherError},
};

/// The largest file that is read, in bytes: some sixty thousand vouchers.
const LARGEST: u64 = 32 << 20;
/// A file that is not whole may still be being written, for so long.
const WRITING: Duration = Duration::from_secs(10);

/// Why a voucher is not taken.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// It cannot be read.
    #[error("it is no voucher: {0}")]
    Unreadable(String),
    /// It would not count.
    #[error(transparent)]
    Invalid(#[from] VoucherError),
    /// No epoch has such a number.
    #[error("there is no epoch {0}")]
    NoSuchEpoch(String),
    /// The contract counts in 64 bits.
    #[error("{0} units are more than 64 bits hold")]
    TooManyUnits(String),
    /// Nothing is asked for.
    #[error("it asks for nothing")]
    Nothing,
    /// Too late, or so late that it might be.
    #[error("vouchers of epoch {epoch} count until {until}; it is {now} now, and they are taken until {margin} s before")]
    TooLate {
        /// Its epoch.
        epoch: u32,
        /// The first second in which they do not, since 1970.
        until: u64,
        /// In seconds since 1970.
        now: u64,
        /// In seconds.
        margin: u64,
    },
    /// Its epoch is not even the next one: who counts epochs in another way would never see it settled.
    #[error("epoch {epoch} is far off, for epoch {running} runs")]
    TooEarly {
        /// Its epoch.
        epoch: u32,
        /// The one that runs.
        running: u64,
    },
    /// Its app was closed before its epoch.
    #[error("app {app} was closed in epoch {last}: vouchers of later epochs never count")]
    Closed {
        /// The app.
        app: U256,
        /// Its last epoch.
        last: u64,
    },
    /// Its app's money is on its way out, and what is left does not pay for it.
    #[error("{how}: what is left pays vouchers of epoch {epoch} up to {largest} units, not {units}")]
    Unpaid {
        /// How it leaves.
        how: String,
        /// The epoch.
        epoch: u32,
        /// Units in all that would be paid.
        largest: u64,
        /// Units that it asks for.
        units: u64,
    },
}

/// Which vouchers are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    pub(crate) place: Place,
    pub(crate) contracts: Contracts,
}

impl Gate {
    /// Reads one voucher or an array of them.
    pub(crate) fn read(text: &[u8]) -> Result<Vec<File>, Refusal> {
        let unreadable = |error: serde_json::Error| Refusal::Unreadable(error.to_string());
        let many = text.iter().find(|it| !it.is_ascii_whitespace()) == Some(&b'[');
        if many { serde_json::from_slice(text) } else { serde_json::from_slice(text).map(|one| vec![one]) }.map_err(unreadable)
    }

    /// A voucher that may count, as it is kept. Whether the app knows the signer, only the chain can say.
    ///
    /// With a margin, none is taken that would not count any more within it: whoever hands it in is told while it can still stop.
    /// Without one, nobody is told at once, and only what the chain's own clock says is too late is refused.
    pub(crate) fn admit(&self, file: &File, times: Times, margin: Option<Duration>) -> Result<Voucher, Refusal> {
        let signer = file.verify(Some(self.place))?;
        let usage = file.usage;
        let epoch = u32::try_from(usage.epoch.0).map_err(|_| Refusal::NoSuchEpoch(usage.epoch.to_string()))?;
        let units =
            u64::try_from(usage.cumulative_units.0).map_err(|_| Refusal::TooManyUnits(usage.cumulative_units.to_string()))?;
        if units == 0 {
            return Err(Refusal::Nothing);
        }
        let until = self.contracts.deadline(epoch.into());
        let (now, margin) = margin.map_or((times.surest(), 0), |it| (times.latest(), it.as_secs()));
        if now.saturating_add(margin) >= until {
            return Err(Refusal::TooLate { epoch, until, now, margin });
        }
        let running = self.contracts.clock().at(times.latest()).0;
        if u64::from(epoch) > running + 1 {
            return Err(Refusal::TooEarly { epoch, running });
        }
        let length = file.signature.len();
        let signature = file.signature.as_ref().try_into().map_err(|_| VoucherError::Length(length))?;
        Ok(Voucher { app: usage.app_id.0, epoch, units, signer, signature })
    }
}

/// A file of the spool's folder, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    path: PathBuf,
    /// The vouchers that are taken.
    pub(crate) good: Vec<Voucher>,
    /// Why the others are not.
    pub(crate) bad: Vec<String>,
}

impl Dropped {
    /// The file's name.
    pub(crate) fn name(&self) -> &str {
        self.path.file_name().and_then(|it| it.to_str()).unwrap_or("a file")
    }
}

/// Files in the folder, the oldest names first. They are named `*.json`; those that begin with a point are still being written.
pub(crate) fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|it| Ok(it?.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".json") && !name.starts_with('.') && path.is_file()
    });
    paths.sort();
    Ok(paths)
}

/// Reads a file: one that cannot be read is a bad one, and in nobody's way. None where it may still be being written, for it ends
/// in the middle.
pub(crate) fn read(path: &Path, gate: &Gate, times: Times) -> Option<Dropped> {
    let dropped = |good, bad| Some(Dropped { path: path.to_owned(), good, bad });
    let text = match text(path) {
        Ok(text) => text,
        Err(why) => return dropped(Vec::new(), vec![why]),
    };
    let files = match Gate::read(&text) {
        Ok(files) => files,
        Err(_) if young(path) => return None,
        Err(why) => return dropped(Vec::new(), vec![why.to_string()]),
    };
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for (place, file) in files.iter().enumerate() {
        match gate.admit(file, times, None) {
            Ok(voucher) => good.push(voucher),
            Err(why) if files.len() == 1 => bad.push(why.to_string()),
            Err(why) => bad.push(format!("voucher {} of {}: {why}", place + 1, files.len())),
        }
    }
    dropped(good, bad)
}

fn text(path: &Path) -> Result<Vec<u8>, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > LARGEST {
        return Err(format!("it has {length} bytes, and {LARGEST} are the most that are read"));
    }
    fs::read(path).map_err(|error| error.to_string())
}

fn young(path: &Path) -> bool {
    let written = fs::metadata(path).and_then(|it| it.modified());
    written.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|it| it < WRITING))
}

/// Moves a file that was dealt with into a folder beside it; where not all of it was taken, the reason goes along.
pub(crate) fn put_away(dropped: &Dropped) -> io::Result<()> {
    let folder = if dropped.bad.is_empty() { "taken" } else { "refused" };
    let folder = dropped.path.parent().unwrap_or(Path::new(".")).join(folder);
    fs::create_dir_all(&folder)?;
    // Whoever may drop vouchers must not lead what is written here elsewhere.
    if !fs::symlink_metadata(&folder)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is a link: remove it", folder.display())));
    }
    let target = folder.join(dropped.path.file_name().unwrap_or_default());
    if !dropped.bad.is_empty() {
        let mut why = dropped.bad.join("\n") + "\n";
        if !dropped.good.is_empty() {
            why += &format!("the other {} were taken\n", dropped.good.len());
        }
        replace(&target.with_extension("why"), &why)?;
    }
    fs::rename(&dropped.path, target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        keys::Signer,
        voucher::file::{Count, Number},
    };
    use alloy::signers::local::PrivateKeySigner;
    use alloy_primitives::{Address, B256, U256};

    fn gate() -> Gate {
        let contracts = serde_json::json!({
            "pool": Address::repeat_byte(1), "appFees": Address::repeat_byte(2), "minerRewards": Address::repeat_byte(3),
            "genesis": 1_000_000, "epochLength": 3_600, "grace": 600,
        });
        let contracts: Contracts = serde_json::from_value(contracts).expect("contracts");
        Gate { place: Place { chain_id: Number(U256::from(42)), app_fees: contracts.app_fees }, contracts }
    }

    fn at(ours: u64) -> Times {
        Times { chain: None, ours }
    }

    fn signed(epoch: u64, units: U256) -> File {
        let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key");
        let count = Count { app_id: Number(U256::from(9)), epoch: Number(U256::from(epoch)), cumulative_units: Number(units) };
        count.signed(gate().place, &Signer::Key(key)).expect("a voucher")
    }

    #[test]
    fn what_could_not_count_is_not_taken() {
        let gate = gate();
        let good = signed(1, U256::from(5));
        let late = |now, margin| gate.admit(&good, at(now), Some(Duration::from_secs(margin))).map(|it| it.units);
        assert_eq!(late(1_007_799, 0), Ok(5), "the last second of grace");
        assert_eq!(late(1_007_800, 0), Err(Refusal::TooLate { epoch: 1, until: 1_007_800, now: 1_007_800, margin: 0 }));
        assert_eq!(late(1_007_739, 60), Ok(5));
        assert_eq!(late(0, 0), Ok(5), "of the next epoch");
        let early = gate.admit(&signed(2, U256::from(5)), at(1_003_599), None);
        assert_eq!(early, Err(Refusal::TooEarly { epoch: 2, running: 0 }));
        let wrong = Times { chain: Some(1_007_799), ours: 9_999_999 };
        assert!(gate.admit(&good, wrong, None).is_ok(), "our clock does not decide what is lost");
        assert!(gate.admit(&good, wrong, Some(Duration::ZERO)).is_err());
        assert_eq!(late(1_007_740, 60), Err(Refusal::TooLate { epoch: 1, until: 1_007_800, now: 1_007_740, margin: 60 }));
        assert_eq!(gate.admit(&signed(1, U256::ZERO), at(0), None), Err(Refusal::Nothing));
        assert!(matches!(gate.admit(&signed(u64::MAX, U256::ONE), at(0), None), Err(Refusal::NoSuchEpoch(_))));
        assert!(matches!(gate.admit(&signed(1, U256::from(u64::MAX) + U256::ONE), at(0), None), Err(Refusal::TooManyUnits(_))));
        let mut changed = good;
        changed.usage.cumulative_units = Number(U256::from(6));
        assert!(matches!(gate.admit(&changed, at(0), None), Err(Refusal::Invalid(VoucherError::OtherSigner { .. }))));
        let elsewhere = Gate { place: Place { chain_id: Number(U256::from(43)), ..gate.place }, ..gate };
        let refused = elsewhere.admit(&signed(1, U256::from(5)), at(0), None);
        assert!(matches!(refused, Err(Refusal::Invalid(VoucherError::OtherDomain { .. }))));
    }

    #[test]
    fn one_or_many_are_read_and_nothing_else() {
        let one = serde_json::to_string(&signed(1, U256::from(5))).expect("JSON");
        assert_eq!(Gate::read(one.as_bytes()).map(|it| it.len()), Ok(1));
        assert_eq!(Gate::read(format!(" [{one},\n{one}]").as_bytes()).map(|it| it.len()), Ok(2));
        for text in ["", "{}", "[{}]", "7", &one[..one.len() - 1]] {
            assert!(matches!(Gate::read(text.as_bytes()), Err(Refusal::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn files_are_taken_in_order_and_the_refused_say_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        let one = serde_json::to_string(&signed(1, U256::from(5))).expect("JSON");
        put("b.json", &one);
        put("a.json", &format!("[{one}]"));
        put(".c.json", &one);
        put("d.txt", &one);
        put("late.json", &serde_json::to_string(&signed(0, U256::from(5))).expect("JSON"));
        put("half.json", &one[..20]);
        let found = || -> Vec<Dropped> {
            let paths = paths(folder.path()).expect("files");
            paths.iter().filter_map(|path| read(path, &gate(), at(1_005_000))).collect()
        };
        let first = found();
        let names: Vec<_> = first.iter().map(Dropped::name).collect();
        assert_eq!(names, ["a.json", "b.json", "late.json"], "half.json may still be being written");
        first.iter().for_each(|it| put_away(it).expect("put away"));
        assert!(folder.path().join("taken/a.json").exists() && folder.path().join("taken/b.json").exists());
        let why = fs::read_to_string(folder.path().join("refused/late.why")).expect("a reason");
        assert!(why.contains("count until 1004200"), "{why}");
        assert!(found().is_empty());
    }

    #[test]
    fn links_in_the_spool_lead_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let bad = || Dropped { path: path("late.json"), good: Vec::new(), bad: vec!["late".to_owned()] };
        fs::write(path("late.json"), "[]").expect("a file");
        fs::write(path("key"), "secret").expect("a file");
        std::os::unix::fs::symlink(folder.path(), path("refused")).expect("a link");
        let error = put_away(&bad()).expect_err("a link").to_string();
        assert!(error.ends_with("refused is a link: remove it") && path("late.json").exists(), "{error}");
        fs::remove_file(path("refused")).expect("removed");
        fs::create_dir(path("refused")).expect("a folder");
        std::os::unix::fs::symlink(path("key"), path("refused/late.why")).expect("a link");
        put_away(&bad()).expect("put away");
        assert_eq!(fs::read_to_string(path("key")).expect("a file"), "secret");
        assert_eq!(fs::read_to_string(path("refused/late.why")).expect("a reason"), "late\n");
    }

    #[test]
    fn of_a_file_the_good_are_taken_and_a_bad_file_is_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let many: Vec<File> = (0..10).map(|it| signed(1, U256::from(if it == 7 { 5 } else { 0 }))).collect();
        fs::write(path("many.json"), serde_json::to_string(&many).expect("JSON")).expect("a file");
        fs::File::create(path("huge.json")).and_then(|it| it.set_len(LARGEST + 1)).expect("a file");
        fs::write(path("not.json"), [0xff, 0xfe]).expect("a file");
        fs::File::options()
            .write(true)
            .open(path("not.json"))
            .and_then(|it| it.set_modified(SystemTime::UNIX_EPOCH))
            .expect("old");
        let read = |name: &str| read(&path(name), &gate(), at(1_005_000)).expect("a file");
        let many = read("many.json");
        assert_eq!((many.good.len(), many.bad.len(), many.bad[0].as_str()), (1, 9, "voucher 1 of 10: it asks for nothing"));
        put_away(&many).expect("put away");
        let why = fs::read_to_string(path("refused/many.why")).expect("reasons");
        assert!(why.ends_with("voucher 10 of 10: it asks for nothing\nthe other 1 were taken\n"), "{why}");
        assert!(read("huge.json").bad[0].contains("33554433 bytes"));
        assert!(read("not.json").bad[0].contains("no voucher"));
        assert!(read("gone.json").bad[0].contains("No such file"));
    }
}
