//! A file of parameters as it is written, and its way to [`Parameters`].
//!
//! A bound that contracts share is asked of `economics`. The others are those of the contracts' constructors, which hold
//! everything against them once more when a deployment is rehearsed.

use std::{fs, path::Path};

use alloy_primitives::{Address, keccak256};
use economics::{
    BasisPoints, COR, EpochClock, HOLDING_LIMIT, Wad,
    emission::{Decay, RESERVE_PERCENT, Taper},
    split::Split,
};
use serde::Deserialize;

use super::{
    Allocation, Apps, Destination, Emission, Fees, ParameterError, Parameters, Reason, Roles, Supply, Times,
    quantity::{Cor, Party, Percent, Seconds, address},
};

/// Seconds: the least grace and the least delay of roles.
const MINUTE: u64 = 60;
/// Seconds: unbonding takes an hour to twenty-one days.
const COOLDOWN: (u64, u64) = (3_600, 21 * 86_400);
/// Wei: the highest bond.
const HIGHEST_BOND: u128 = 100_000 * COR;
/// Parts of 10,000: the highest discount.
const HIGHEST_DISCOUNT: u16 = 5_000;
/// A starter allowance is at most the hundredth part of the free budget.
const STARTERS: u64 = 100;
/// The most attesters.
const MOST_ATTESTERS: usize = 15;
/// Wei: what cor-token mints.
const MINTED: u128 = 1_000_000_000 * COR;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    salt: String,
    token: Option<Party>,
    genesis: Option<u64>,
    #[serde(default = "yes")]
    cache: bool,
    times: TimesTable,
    supply: SupplyTable,
    emission: EmissionTable,
    fees: FeesTable,
    apps: AppsTable,
    roles: RolesTable,
    allocation: Vec<AllocationTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimesTable {
    epoch_length: Seconds,
    grace: Seconds,
    delay: Seconds,
    window: Seconds,
    cooldown: Seconds,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SupplyTable {
    reference: Cor,
    emitted_before: Cor,
    burnt_before: Cor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmissionTable {
    decay: u64,
    usage_taper: Percent,
    stake_taper: Percent,
    floor: Percent,
    start: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeesTable {
    unit_price: Cor,
    discount: Percent,
    miners: Percent,
    treasury: Percent,
    burn: Percent,
    builders: Percent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppsTable {
    bond: Cor,
    free_budget: u64,
    starter: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolesTable {
    owner: Party,
    guardian: Party,
    curator: Party,
    treasury: Party,
    attesters: Vec<Party>,
    quorum: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllocationTable {
    name: String,
    to: String,
    amount: Cor,
}

fn yes() -> bool {
    true
}

impl Parameters {
    /// Reads a file. `deployer` is who `"deployer"` means in it.
    pub fn load(path: &Path, deployer: Address) -> Result<Self, ParameterError> {
        let read = fs::read_to_string(path).map_err(Reason::Read).and_then(|text| Self::parse(&text, deployer));
        read.map_err(|reason| ParameterError { path: path.to_owned(), reason })
    }

    /// Reads a file's text.
    pub(crate) fn parse(text: &str, deployer: Address) -> Result<Self, Reason> {
        let file: File = toml::from_str(text).map_err(Box::new)?;
        if file.salt.is_empty() {
            return Err(bound("salt", "empty", "a few words, others for each deployment on one chain"));
        }
        let times = times(&file.times)?;
        let supply = supply(&file.supply)?;
        let roles = roles(&file.roles, deployer)?;
        let parameters = Self {
            salt: keccak256(file.salt),
            token: file.token.map(|token| token.resolve(deployer)),
            genesis: file.genesis,
            cache: file.cache,
            times,
            supply,
            emission: emission(&file.emission)?,
            fees: fees(&file.fees)?,
            apps: apps(&file.apps)?,
            allocations: allocations(file.allocation, &roles, deployer)?,
            roles,
        };
        check_sums(&parameters)?;
        Ok(parameters)
    }
}

fn bound(key: &str, value: impl ToString, bound: impl Into<String>) -> Reason {
    Reason::Bound { key: key.to_owned(), value: value.to_string(), bound: bound.into() }
}

fn times(table: &TimesTable) -> Result<Times, Reason> {
    let within = |key: &str, value: Seconds, least: u64, most: u64| {
        let Seconds(seconds) = value;
        let words = || format!("from {} to {}", Seconds(least), Seconds(most));
        if (least..=most).contains(&seconds) { Ok(seconds) } else { Err(bound(&format!("times.{key}"), value, words())) }
    };
    let epoch_length = within("epoch_length", table.epoch_length, EpochClock::MIN_LENGTH, EpochClock::MAX_LENGTH)?;
    let grace = within("grace", table.grace, MINUTE, epoch_length)?;
    let delay = within("delay", table.delay, MINUTE, epoch_length / 2)?;
    let window = within("window", table.window, 2 * delay, epoch_length)?;
    let cooldown = within("cooldown", table.cooldown, COOLDOWN.0, COOLDOWN.1)?;
    Ok(Times { epoch_length, grace, delay, window, cooldown })
}

fn supply(table: &SupplyTable) -> Result<Supply, Reason> {
    let Cor(reference) = table.reference;
    if reference == 0 || reference >= HOLDING_LIMIT {
        return Err(bound("supply.reference", table.reference, format!("above 0 and below {}", Cor(HOLDING_LIMIT))));
    }
    for (key, before) in [("supply.emitted_before", table.emitted_before), ("supply.burnt_before", table.burnt_before)] {
        if before > table.reference {
            return Err(bound(key, before, format!("at most supply.reference, {}", table.reference)));
        }
    }
    Ok(Supply { reference, emitted_before: table.emitted_before.0, burnt_before: table.burnt_before.0 })
}

fn emission(table: &EmissionTable) -> Result<Emission, Reason> {
    let decay = Decay::new(table.decay).ok_or_else(|| {
        let bounds = format!("from {} to {} (half-lives of 520 and 52 epochs)", Decay::SLOWEST, Decay::FASTEST);
        bound("emission.decay", table.decay, bounds)
    })?;
    let ratio = |key: &str, percent: Percent, most: u64| {
        let wad = u64::try_from(percent.0).ok().filter(|units| *units <= most).and_then(Wad::new);
        wad.ok_or_else(|| bound(&format!("emission.{key}"), percent, format!("at most {}", Percent(most.into()))))
    };
    let one = Wad::ONE.units();
    let taper = Taper {
        usage: ratio("usage_taper", table.usage_taper, one)?,
        stake: ratio("stake_taper", table.stake_taper, one)?,
        floor: ratio("floor", table.floor, Taper::HIGHEST_FLOOR)?,
    };
    Ok(Emission { decay, taper, start: table.start })
}

fn fees(table: &FeesTable) -> Result<Fees, Reason> {
    let points = |key: &str, percent: Percent| {
        let points = percent.basis_points().and_then(BasisPoints::new);
        points.ok_or_else(|| bound(&format!("fees.{key}"), percent, "at most 100 %, in steps of 0.01 %"))
    };
    if table.unit_price.0 == 0 || table.unit_price.0 >= HOLDING_LIMIT {
        return Err(bound("fees.unit_price", table.unit_price, format!("above 0 and below {}", Cor(HOLDING_LIMIT))));
    }
    let discount = points("discount", table.discount)?;
    if discount.points() > HIGHEST_DISCOUNT {
        return Err(bound("fees.discount", table.discount, "at most 50 %"));
    }
    let (miners, treasury) = (points("miners", table.miners)?, points("treasury", table.treasury)?);
    let (burn, builders) = (points("burn", table.burn)?, points("builders", table.builders)?);
    let split = Split::new(miners, treasury, burn, builders).ok_or_else(|| {
        let FeesTable { miners, treasury, burn, builders, .. } = table;
        let percent = |points: u16| f64::from(points) / 100.0;
        let (m, t) = (Split::MINERS, Split::TREASURY_OR_BURN);
        let bounds = format!(
            "miners {} to {} %, treasury and burn each {} to {} % and together at least {} %, builders at most {} %, and all \
             together at most 100 %",
            percent(m.0),
            percent(m.1),
            percent(t.0),
            percent(t.1),
            percent(Split::LEAST_KEPT),
            percent(Split::MOST_BUILDERS)
        );
        bound("fees.{miners, treasury, burn, builders}", format!("{miners}, {treasury}, {burn}, {builders}"), bounds)
    })?;
    Ok(Fees { unit_price: table.unit_price.0, discount, split, builders })
}

fn apps(table: &AppsTable) -> Result<Apps, Reason> {
    let AppsTable { bond, free_budget, starter } = *table;
    if bond.0 > HIGHEST_BOND {
        return Err(self::bound("apps.bond", bond, format!("at most {}", Cor(HIGHEST_BOND))));
    }
    if starter > free_budget / STARTERS {
        let most = format!("at most {} units, 1 % of apps.free_budget", free_budget / STARTERS);
        return Err(self::bound("apps.starter", format!("{starter} units"), most));
    }
    Ok(Apps { bond: bond.0, free_budget, starter })
}

fn roles(table: &RolesTable, deployer: Address) -> Result<Roles, Reason> {
    let resolve = |party: Party| party.resolve(deployer);
    let attesters: Vec<Address> = table.attesters.iter().copied().map(resolve).collect();
    let (count, quorum) = (attesters.len(), table.quorum);
    let n = count as u64;
    if count > MOST_ATTESTERS {
        return Err(bound("roles.attesters", format!("{count} accounts"), format!("at most {MOST_ATTESTERS}")));
    }
    if count != 0 && (quorum > n || quorum * 2 <= n) || count == 0 && quorum != 0 {
        return Err(bound("roles.quorum", quorum, format!("more than half of the {count} attesters, and not more than all")));
    }
    for (index, attester) in attesters.iter().enumerate() {
        if attester.is_zero() || attesters[..index].contains(attester) {
            return Err(bound("roles.attesters", attester, "named once, and not zero"));
        }
    }
    let (owner, treasury) = (resolve(table.owner), resolve(table.treasury));
    for (key, account) in [("roles.owner", owner), ("roles.treasury", treasury)] {
        if account.is_zero() {
            return Err(bound(key, account, "an account that can act"));
        }
    }
    Ok(Roles { owner, guardian: resolve(table.guardian), curator: resolve(table.curator), treasury, attesters, quorum })
}

fn allocations(tables: Vec<AllocationTable>, roles: &Roles, deployer: Address) -> Result<Vec<Allocation>, Reason> {
    let mut allocations: Vec<Allocation> = Vec::new();
    for AllocationTable { name, to, amount } in tables {
        let key = format!("allocation \"{name}\"");
        let destination = match to.as_str() {
            "reserve" => Destination::Reserve,
            "incentives" => Destination::Incentives,
            "treasury" => Destination::Account(roles.treasury),
            "owner" => Destination::Account(roles.owner),
            "deployer" => Destination::Account(deployer),
            other => {
                let expanded = crate::environment::expand(other).map_err(|error| error.to_string());
                let account = expanded.and_then(|text| address(&text));
                let account = account.map_err(|why| {
                    bound(&format!("{key}: to"), why, "reserve, incentives, treasury, owner, or an account's address")
                })?;
                Destination::Account(account)
            }
        };
        if destination == Destination::Account(deployer) && roles.treasury != deployer && roles.owner != deployer {
            return Err(bound(
                &format!("{key}: to"),
                "the deployer",
                "an account that keeps it: the deployer is to hold nothing",
            ));
        }
        if amount.0 == 0 || amount.0 >= HOLDING_LIMIT {
            return Err(bound(&format!("{key}: amount"), amount, format!("above 0 and below {}", Cor(HOLDING_LIMIT))));
        }
        if allocations.iter().any(|allocation| allocation.name == name) {
            return Err(bound(&key, "there twice", "named otherwise each time"));
        }
        allocations.push(Allocation { name, to: destination, amount: amount.0 });
    }
    Ok(allocations)
}

/// Every COR of a token of our own has its place; and a reserve that is to emit has its share.
fn check_sums(parameters: &Parameters) -> Result<(), Reason> {
    let words = |wei: u128| Cor(wei).to_string();
    let Supply { reference, emitted_before, .. } = parameters.supply;
    let sum = parameters.allocated();
    if parameters.token.is_none() {
        if reference < MINTED {
            return Err(bound("supply.reference", Cor(reference), format!("at least the supply of cor-token, {}", Cor(MINTED))));
        }
        if sum != MINTED {
            return Err(Reason::Sum { sum: words(sum), supply: words(MINTED) });
        }
    }
    let to_reserve = parameters.allocations.iter().filter(|allocation| allocation.to == Destination::Reserve);
    let reserve = to_reserve.fold(0_u128, |sum, allocation| sum.saturating_add(allocation.amount));
    let needed = (reference * RESERVE_PERCENT).div_ceil(100);
    if parameters.emission.start && reserve.saturating_add(emitted_before) < needed {
        return Err(Reason::Reserve { reserve: words(reserve), percent: RESERVE_PERCENT, needed: words(needed) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, U256, address};
    use economics::COR;

    use super::{Apps, Decay, Parameters};
    use crate::build::Workspace;

    const DEPLOYER: Address = address!("0x00000000000000000000000000000000000000dd");

    fn text(name: &str) -> String {
        let path = Workspace::here().root().join("deployments/params").join(name);
        std::fs::read_to_string(path).expect("a file of parameters")
    }

    /// Of the local file with one line replaced.
    fn with(from: &str, to: &str) -> Result<Parameters, String> {
        let text = text("local.toml");
        assert!(text.contains(from), "{from}");
        Parameters::parse(&text.replacen(from, to, 1), DEPLOYER).map_err(|reason| reason.to_string())
    }

    #[test]
    fn the_local_file_says_what_a_run_uses() {
        use crate::system;
        let parameters = Parameters::parse(&text("local.toml"), DEPLOYER).expect("valid");
        let system::Parameters { epoch_length, cooldown, delay } = system::Parameters::REAL;
        let times = parameters.times;
        assert_eq!((times.epoch_length, times.cooldown, times.delay), (epoch_length, cooldown, delay));
        assert_eq!((times.grace, times.window), (epoch_length / 7, 3 * epoch_length / 7));
        assert_eq!(U256::from(parameters.supply.reference), system::SUPPLY);
        let fees = parameters.fees;
        assert_eq!((fees.unit_price, fees.discount.points()), (system::PRICE, system::DISCOUNT));
        let split = [fees.split.miners(), fees.split.treasury(), fees.split.burn(), fees.builders].map(|it| it.points());
        assert_eq!(split, system::SPLIT);
        let taper = parameters.emission.taper;
        assert_eq!([taper.usage, taper.stake, taper.floor].map(|it| it.units()), system::TAPER);
        assert_eq!(parameters.emission.decay.units(), Decay::DEFAULT);
        assert_eq!((parameters.supply.emitted_before, parameters.supply.burnt_before), (0, 0));
        let Apps { bond, free_budget, starter } = parameters.apps;
        assert_eq!((bond, u128::from(free_budget), u128::from(starter)), (system::BOND, system::FREE_BUDGET, system::STARTER));
        assert_eq!(parameters.allocations[0].amount, system::RESERVE);
        assert!(parameters.emission.start && parameters.cache, "as the run does");
    }

    #[test]
    fn every_network_s_file_is_valid() {
        let sepolia = Parameters::parse(&text("arbitrum-sepolia.toml"), DEPLOYER).expect("valid");
        assert_eq!((sepolia.roles.owner, sepolia.token), (DEPLOYER, None));
        let unset = Parameters::parse(&text("arbitrum-one.toml"), DEPLOYER).expect_err("nobody has a default").to_string();
        assert!(unset.contains("the environment variable CORFLOW_") && unset.contains("is not set"), "{unset}");
        let mut one = text("arbitrum-one.toml");
        for digit in 1..=20 {
            let Some((before, reference)) = one.split_once("${") else { break };
            let (_, after) = reference.split_once('}').expect("a reference has an end");
            one = format!("{before}{}{after}", Address::with_last_byte(digit));
        }
        assert!(Parameters::parse(&one, DEPLOYER).expect("valid").token.is_some());
    }

    #[test]
    fn a_value_out_of_bounds_is_named_with_its_bound() {
        let why = |from, to| with(from, to).expect_err("refused");
        assert_eq!(
            why("epoch_length = \"7 d\"", "epoch_length = \"59 min\""),
            "times.epoch_length is 59 min; it must be from 1 h to 30 d"
        );
        assert!(why("grace = \"1 d\"", "grace = \"8 d\"").contains("times.grace is 8 d; it must be from 1 min to 7 d"));
        assert!(why("window = \"3 d\"", "window = \"1 d\"").contains("times.window is 1 d; it must be from 2 d to 7 d"));
        assert!(why("burn = \"5 %\"", "burn = \"4.99 %\"").contains("treasury and burn each 5 to 30 %"));
        assert!(why("burn = \"5 %\"", "burn = \"5\"").contains("no unit"));
        assert!(why("floor = \"5 %\"", "floor = \"20.0000000000000001 %\"").contains("at most 20 %"));
        assert!(why("quorum = 3", "quorum = 2").contains("more than half of the 5 attesters"));
        assert!(why("starter = 100_000", "starter = 500_001").contains("at most 500000 units"));
        assert!(why("decay = 6_642", "decay = 1").contains("emission.decay"));
    }

    #[test]
    fn every_cor_has_its_place() {
        let why = with("350_000_000 COR", "349_999_999.999999999999999999 COR").expect_err("refused");
        assert!(why.contains("sum to 999999999.999999999999999999 COR"), "{why}");
        let less = text("local.toml").replace("350_000_000 COR", "349_999_999 COR").replace("150_000_000 COR", "150_000_001 COR");
        let why = Parameters::parse(&less, DEPLOYER).expect_err("refused").to_string();
        assert!(why.contains("at least 35 % of the reference supply, 350000000 COR"), "{why}");
    }

    #[test]
    fn a_key_that_nobody_reads_is_refused_with_its_line() {
        let why = with("[times]", "[times]\nepoch_lenght = \"1 h\"").expect_err("refused");
        assert!(why.contains("epoch_lenght") && why.contains("line"), "{why}");
    }

    #[test]
    fn a_part_of_cor_on_another_network_needs_no_sum() {
        let bridged = with("# token = ", "token = \"0x00000000000000000000000000000000000000c0\" #");
        assert_eq!(bridged.expect("valid").supply.reference, 1_000_000_000 * COR);
    }
}
