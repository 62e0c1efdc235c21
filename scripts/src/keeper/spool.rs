//! Vouchers on their way in: checked before they are taken, and what the chain says of those that were.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use abi::AppFees::Status;
use thiserror::Error;

use super::{
    chain::{Contracts, Head},
    decide::Ready,
    store::vouchers::{Kept, Standing, Voucher},
};
use crate::voucher::file::{Place, Voucher as File, VoucherError};

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
    /// Too late.
    #[error("vouchers of epoch {epoch} counted until {until}; it is {now} now")]
    TooLate {
        /// Its epoch.
        epoch: u32,
        /// The first second in which they did not, since 1970.
        until: u64,
        /// In seconds since 1970.
        now: u64,
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
    pub(crate) fn admit(&self, file: &File, now: u64) -> Result<Voucher, Refusal> {
        let signer = file.verify(Some(self.place))?;
        let usage = file.usage;
        let epoch = u32::try_from(usage.epoch.0).map_err(|_| Refusal::NoSuchEpoch(usage.epoch.to_string()))?;
        let units =
            u64::try_from(usage.cumulative_units.0).map_err(|_| Refusal::TooManyUnits(usage.cumulative_units.to_string()))?;
        if units == 0 {
            return Err(Refusal::Nothing);
        }
        let until = self.contracts.deadline(epoch.into());
        if now >= until {
            return Err(Refusal::TooLate { epoch, until, now });
        }
        let length = file.signature.len();
        let signature = file.signature.as_ref().try_into().map_err(|_| VoucherError::Length(length))?;
        Ok(Voucher { app: usage.app_id.0, epoch, units, signer, signature })
    }
}

/// A file of the spool's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) vouchers: Result<Vec<Voucher>, Refusal>,
}

/// Files in the folder, the oldest names first. They are named `*.json`; those that begin with a point are still being
/// written, and so may be those that end in the middle.
pub(crate) fn dropped(folder: &Path, gate: &Gate, now: u64) -> io::Result<Vec<Dropped>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|it| Ok(it?.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".json") && !name.starts_with('.') && path.is_file()
    });
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read(&path)?;
        let vouchers = Gate::read(&text).and_then(|all| all.iter().map(|it| gate.admit(it, now)).collect());
        let young =
            || fs::metadata(&path)?.modified().map(|at| SystemTime::now().duration_since(at).is_ok_and(|it| it < WRITING));
        if matches!(vouchers, Err(Refusal::Unreadable(_))) && young()? {
            continue;
        }
        found.push(Dropped { path, vouchers });
    }
    Ok(found)
}

/// Moves a file that was dealt with into a folder beside it; of a refused one the reason goes along.
pub(crate) fn put_away(dropped: &Dropped) -> io::Result<()> {
    let (folder, why) = match &dropped.vouchers {
        Ok(_) => ("taken", None),
        Err(why) => ("refused", Some(why)),
    };
    let folder = dropped.path.parent().unwrap_or(Path::new(".")).join(folder);
    fs::create_dir_all(&folder)?;
    let target = folder.join(dropped.path.file_name().unwrap_or_default());
    if let Some(why) = why {
        fs::write(target.with_extension("why"), format!("{why}\n"))?;
    }
    fs::rename(&dropped.path, target)
}

/// What the chain says of a voucher when it is asked to count it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Opinion {
    /// It would count so many units.
    Counts(u64),
    /// It has counted them all.
    Counted,
    /// It counts nothing now, and may later.
    Later(&'static str),
    /// It will never count it.
    Never(&'static str),
    /// The epoch takes no vouchers any more.
    Over,
}

/// An answer of `settleMany` for one voucher.
pub(crate) fn opinion(status: Status, units: u64) -> Opinion {
    match status {
        _ if units > 0 => Opinion::Counts(units),
        Status::Replay => Opinion::Counted,
        Status::FeeCap => Opinion::Later("the app's fee cap leaves no room"),
        Status::Commitment => Opinion::Later("the app's commitment is used up, and it has nothing else to pay with"),
        Status::Grants => Opinion::Later("the app's grants are used up, and it has no escrow"),
        Status::Escrow => Opinion::Later("the app's escrow is used up"),
        Status::FutureEpoch => Opinion::Later("its epoch has not begun"),
        Status::ClosedEpoch => Opinion::Over,
        Status::BadSignature => Opinion::Never("it is not signed by the app's signer of that epoch"),
        Status::UnknownApp => Opinion::Never("there is no such app, or it had no signer in that epoch"),
        Status::ClosedApp => Opinion::Never("the app was closed before that epoch"),
        Status::TooManyUnits => Opinion::Never("its units are more than 64 bits hold"),
        Status::Settled | Status::__Invalid => Opinion::Later("the chain does not say why it counts nothing"),
    }
}

/// Where a voucher stands by that. `None`: as before.
pub(crate) fn standing(kept: &Kept, opinion: &Opinion, head: &Head, confirmations: u64) -> Option<Standing> {
    match (opinion, kept.counted_at) {
        (Opinion::Counted | Opinion::Over, Some(block)) => head.confirms(block, confirmations).then_some(Standing::Settled),
        (Opinion::Counted, None) => Some(Standing::Counted(head.number)),
        (Opinion::Over, None) => Some(Standing::Expired("its epoch takes no vouchers any more".into())),
        (Opinion::Counts(_), Some(_)) => Some(Standing::Open("a reorganisation undid its settlement".into())),
        (Opinion::Counts(_), None) => None,
        (Opinion::Later(why), _) => Some(Standing::Open((*why).into())),
        (Opinion::Never(why), _) => Some(Standing::Rejected((*why).into())),
    }
}

/// A voucher that would be counted.
pub(crate) fn ready(kept: &Kept, units: u64, contracts: &Contracts) -> Ready {
    Ready {
        id: kept.id,
        voucher: kept.voucher.clone(),
        units,
        received: u64::try_from(kept.received / 1_000).unwrap_or_default(),
        deadline: contracts.deadline(kept.voucher.epoch.into()),
    }
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

    fn signed(epoch: u64, units: U256) -> File {
        let key = PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key");
        let count = Count { app_id: Number(U256::from(9)), epoch: Number(U256::from(epoch)), cumulative_units: Number(units) };
        count.signed(gate().place, &Signer::Key(key)).expect("a voucher")
    }

    fn kept(counted_at: Option<u64>) -> Kept {
        let voucher = gate().admit(&signed(1, U256::from(5)), 0).expect("a voucher");
        Kept { id: 1, voucher, received: 5_999, counted_at }
    }

    #[test]
    fn what_could_not_count_is_not_taken() {
        let gate = gate();
        let good = signed(1, U256::from(5));
        assert_eq!(gate.admit(&good, 1_007_799).map(|it| it.units), Ok(5), "the last second of grace");
        assert_eq!(gate.admit(&good, 1_007_800), Err(Refusal::TooLate { epoch: 1, until: 1_007_800, now: 1_007_800 }));
        assert_eq!(gate.admit(&signed(1, U256::ZERO), 0), Err(Refusal::Nothing));
        assert!(matches!(gate.admit(&signed(u64::MAX, U256::ONE), 0), Err(Refusal::NoSuchEpoch(_))));
        assert!(matches!(gate.admit(&signed(1, U256::from(u64::MAX) + U256::ONE), 0), Err(Refusal::TooManyUnits(_))));
        let mut changed = good;
        changed.usage.cumulative_units = Number(U256::from(6));
        assert!(matches!(gate.admit(&changed, 0), Err(Refusal::Invalid(VoucherError::OtherSigner { .. }))));
        let elsewhere = Gate { place: Place { chain_id: Number(U256::from(43)), ..gate.place }, ..gate };
        let refused = elsewhere.admit(&signed(1, U256::from(5)), 0);
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
        let found = dropped(folder.path(), &gate(), 1_005_000).expect("files");
        let names: Vec<_> = found.iter().map(|it| it.path.file_name().expect("a name").to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["a.json", "b.json", "late.json"], "half.json may still be being written");
        found.iter().for_each(|it| put_away(it).expect("put away"));
        assert!(folder.path().join("taken/a.json").exists() && folder.path().join("taken/b.json").exists());
        let why = fs::read_to_string(folder.path().join("refused/late.why")).expect("a reason");
        assert!(why.contains("counted until 1004200"), "{why}");
        assert!(dropped(folder.path(), &gate(), 1_005_000).expect("files").is_empty());
    }

    #[test]
    fn the_chains_word_decides_where_a_voucher_stands() {
        let head = Head { number: 20, hash: B256::ZERO, time: 0, base_fee: 0, now: 0 };
        let place = |kept: &Kept, status, units| standing(kept, &opinion(status, units), &head, 5);
        assert_eq!(place(&kept(None), Status::Replay, 0), Some(Standing::Counted(20)));
        assert_eq!(place(&kept(Some(17)), Status::Replay, 0), None, "four blocks deep");
        assert_eq!(place(&kept(Some(16)), Status::Replay, 0), Some(Standing::Settled));
        assert_eq!(place(&kept(Some(16)), Status::ClosedEpoch, 0), Some(Standing::Settled));
        assert!(matches!(place(&kept(None), Status::ClosedEpoch, 0), Some(Standing::Expired(_))));
        assert!(matches!(place(&kept(Some(16)), Status::Settled, 5), Some(Standing::Open(_))), "undone");
        assert_eq!(place(&kept(None), Status::Settled, 5), None);
        for status in [Status::FeeCap, Status::Commitment, Status::Grants, Status::Escrow, Status::FutureEpoch] {
            assert!(matches!(place(&kept(None), status, 0), Some(Standing::Open(_))), "{status:?}");
        }
        assert_eq!(opinion(Status::FeeCap, 3), Opinion::Counts(3), "a part is better than nothing");
        for status in [Status::BadSignature, Status::UnknownApp, Status::ClosedApp, Status::TooManyUnits] {
            assert!(matches!(place(&kept(None), status, 0), Some(Standing::Rejected(_))), "{status:?}");
        }
    }
}
