//! The table: what every refusal means, why it comes, and what to do.
//!
//! In `says`, `{name:form}` stands for an argument of the error; forms are those of [`super::words`]. A row belongs to one
//! contract, or to all that have the error.

use super::{Kind, Row};

/// A row of one contract.
const fn of(contract: &'static str, error: &'static str, says: &'static str, cause: &'static str, next: &'static str) -> Row {
    Row { contract: Some(contract), error, says, cause, next }
}

/// A row of every contract that has the error.
const fn any(error: &'static str, says: &'static str, cause: &'static str, next: &'static str) -> Row {
    Row { contract: None, error, says, cause, next }
}

/// Every error of every ABI.
pub(super) const CONTRACTS: &[Row] = &[
    // Shared by contracts.
    any("OwnableUnauthorizedAccount(address)", "only the owner may do this, and {account:who} is not", "the call belongs to the owner, or accepts an ownership that was offered to another account", "sign with the key of the owner, or of the account that was offered it: `corflow owner params` names both"),
    any("OwnableInvalidOwner(address)", "{owner:who} cannot own a contract", "a constructor was given zero for the owner", "name the owner's address"),
    any("NotGuardian(address)", "only the guardian or the owner may do this, and {account:who} is neither", "the role belongs to another account, or its delay is not over", "sign with the guardian's key: `corflow owner params` names it"),
    any("EnforcedPause()", "the contract takes no inflows at the moment: it is paused", "guardian or owner paused it; withdrawing, claiming and leaving stay open", "wait until the owner unpauses it"),
    any("ExpectedPause()", "the contract is not paused", "unpausing needs a pause", "nothing needs to be done"),
    any("ReentrancyGuardReentrantCall()", "the contract is in the middle of another call", "a token or contract called back while its own call was running", "call it on its own, not from inside a token's transfer"),
    any("DelayTooShort(uint256,uint256)", "a delay of {delay:for} is too short: at least {minimum:for}", "roles change after a delay, so that everybody sees it before", "choose a delay of at least {minimum:for}"),
    any("TokenHasNoCode(address)", "there is no token at {token:who}", "the address of COR is wrong for this network", "check the network and the token's address in its deployment"),
    any("TokenRefused(address,bytes)", "the token {token:who} refused: {reason:inner}", "the transfer was not possible for the token's own reasons", "see what the token said: most often balance or approval do not reach"),
    any("TokenReturnedFalse(address)", "the token {token:who} said no without a reason", "the transfer returned false, or something else than true", "check balance and approval of the token"),
    any("TokenTookFee(address,uint256,uint256)", "the token {token:who} moved {received:cor} where {asked:cor} were asked", "the token keeps a part of transfers, which the contracts do not accept", "use the network's own COR"),
    any("CallFailed(address)", "the contract {callee:who} failed without saying why", "a contract that this one relies on stopped, most often for lack of gas", "try again with a higher gas limit; if it stays, report it"),
    any("ZeroAmount()", "an amount of zero does nothing", "the call needs an amount", "give an amount above zero"),
    any("ArithmeticOverflow()", "a number left its range", "the sum of what is there and what is added exceeds what can be held", "use a smaller amount; if it is small already, report it"),
    any("AmountTooLarge(uint256,uint256)", "{amount:cor} are more than there is room for: the most is {maximum:cor}", "no holding can reach the reference supply", "use at most {maximum:cor}"),
    any("WrongPeer(address,address,address)", "{callee:who} names {named:who}, not {expected:who}", "contracts of two deployments are mixed", "take all addresses from one deployment"),
    any("GenesisInFuture(uint256,uint256)", "epoch 0 would begin at {genesis:time}, later than now, {time:time}", "an epoch clock begins in the past", "choose a genesis that is past"),
    any("EpochLengthOutOfBounds(uint256,uint256,uint256)", "an epoch of {epochLength:for} is out of bounds: from {minimum:for} to {maximum:for}", "the bounds are fixed in the contract", "choose a length within them"),
    any("GraceOutOfBounds(uint256,uint256,uint256)", "a grace of {grace:for} is out of bounds: from {minimum:for} to {maximum:for}", "at most two epochs may be open at a time", "choose a grace within them"),
    any("ReferenceSupplyOutOfBounds(uint256,uint256,uint256)", "a reference supply of {referenceSupply:cor} is out of bounds: from {minimum:cor} to {maximum:cor}", "it covers the token's supply and fits 96 bits", "give COR's supply over all networks"),
    any("UriTooLong(uint256,uint256)", "the uri has {length} bytes: at most {maximum}", "it is kept in an event, which everybody pays for", "publish the text and give a shorter uri"),
    any("UnknownAppId(uint256)", "there is no app {appId}", "apps are numbered from 1, in the order of registration", "check the number, or register with `corflow app register`"),
    any("NotAppOwner(uint256,address)", "app {appId} does not belong to {account:who}", "only the app's owner may do this", "sign with the owner's key: `corflow app usage {appId}` names it"),
    any("AppIsOpen(uint256)", "app {appId} is open", "this is for closed apps", "close it first: `corflow app close {appId}`"),
    any("NotMinerPool(address)", "only the miner pool may do this, and {account:who} is not", "the call is between contracts", "close epochs through the pool: its `close`, or `corflow keeper run --once`"),

    // COR.
    of("cor-token", "ERC20InsufficientBalance(address,uint256,uint256)", "needs {needed:cor}, {sender:has} {balance:cor}", "there is less COR than the call moves", "get COR, or use at most {balance:cor}"),
    of("cor-token", "ERC20InvalidSender(address)", "nothing can come from {sender:who}", "the zero address holds nothing", "name the account that pays"),
    of("cor-token", "ERC20InvalidReceiver(address)", "nothing can be sent to {receiver:who}", "the zero address is nobody", "name the account that receives; to destroy COR, burn it"),
    of("cor-token", "ERC20InsufficientAllowance(address,uint256,uint256)", "{spender:who} may move {allowance:cor}, and needs {needed:cor}", "the token moves only what its holder approved", "approve {needed:cor} for {spender:who}: commands here do so by themselves"),
    of("cor-token", "ERC20InvalidSpender(address)", "{spender:who} cannot be given an allowance", "the zero address is nobody", "name the contract that is to move COR"),
    of("cor-token", "ERC2612ExpiredSignature(uint256)", "the permit held until {deadline:time}, which is past", "it was sent after its deadline", "sign a new permit: run the command again"),
    of("cor-token", "ERC2612InvalidSigner(address,address)", "the permit is signed by {signer:who}, not by {owner:who}, or over other numbers", "another key signed, or a permit before it took the nonce", "sign a new permit: run the command again"),
    of("cor-token", "ECDSAInvalidSignature()", "the signature belongs to nobody", "it was cut or changed on its way", "sign again"),
    of("cor-token", "ECDSAInvalidSignatureS(bytes32)", "the signature is the malleable twin of a valid one", "its s lies in the upper half of its range", "sign again with a wallet that writes the lower s"),

    // Staking.
    of("staking", "InsufficientStake(uint256,uint256)", "{asked:cor} are asked for, and {stake:cor} are at stake", "only what is at stake can leave; what is unbonding does not count", "ask for at most {stake:cor}"),
    of("staking", "InvalidAccount(address)", "{account:who} can hold no stake", "zero and the staking contract itself cannot", "name the account that is to stake"),
    of("staking", "NothingUnbonding()", "nothing is unbonding", "nothing was unstaked, or it was withdrawn or taken back", "unstake first: `corflow unstake AMOUNT`"),
    of("staking", "StillUnbonding(uint256,uint256)", "what is unbonding matures at {readyAt:time}; it is {time:time}", "the cooldown is not over", "withdraw at {readyAt:time} or later"),
    of("staking", "NothingToClaim()", "there are no rewards to take", "nothing was earned since the last claim", "wait until there are some: `corflow position ACCOUNT` shows them"),
    of("staking", "NotAppFees(address)", "only app-fees may do this, and {account:who} is not", "the call is between contracts", "to add to the incentives, use the contract's `fund`"),
    of("staking", "AlreadyWired(address,address)", "staking is wired already, to {appFees:who} and {minerRewards:who}", "wiring is done once, for good", "nothing needs to be done if those are the right ones"),
    of("staking", "NotWiredBack(address,address)", "{caller:who} names {staking:who} for its staking", "it was built for another staking contract", "take all addresses from one deployment"),
    of("staking", "EpochNotBegun(uint256,uint256)", "epoch {epoch} has not begun; epoch {running} is running", "a future epoch has no average", "ask for epoch {running} or an earlier one"),
    of("staking", "ZeroEpochs()", "no epoch is being closed", "epochs are closed at least one at a time", "name at least one epoch"),
    of("staking", "CooldownOutOfBounds(uint256,uint256,uint256)", "a cooldown of {cooldown:for} is out of bounds: from {minimum:for} to {maximum:for}", "the bounds are fixed in the contract", "choose a cooldown within them"),

    // App fees.
    of("app-fees", "AppExists(uint256)", "there is an app {appId} already", "the agent-store opened it before", "take the next number"),
    of("app-fees", "AppIsClosed(uint256,uint256)", "app {appId} was closed in epoch {epoch}", "a closed app takes no money and no later vouchers", "use another app"),
    of("app-fees", "AlreadyReleased(uint256)", "the money of app {appId} was returned", "it is paid out once", "nothing needs to be done"),
    of("app-fees", "CommitmentRunning(uint256,uint256)", "a commitment covers epochs up to {through}; epoch {running} is running", "an app with a commitment stays open", "close it once epoch {through} is over"),
    of("app-fees", "NotIdle(uint256,uint256)", "the app was last active at {activeAt:time}: the curator may close it from {time:time} on", "only apps idle for 182 days may be closed by the curator", "wait, or let the owner close it"),
    of("app-fees", "EpochsOutOfBounds(uint256,uint256)", "a commitment is for 1 to {maximum} epochs, not {epochs}", "prices are known a short time ahead", "commit for at most {maximum} epochs, and again later"),
    of("app-fees", "UnitsTooMany(uint256,uint256)", "{units} units are more than can be counted: at most {maximum}", "units are counted in 64 bits", "use fewer units"),
    of("app-fees", "NothingSettled(uint256,uint256,uint8)", "no unit of the voucher of app {appId} for epoch {epoch} counts: {status:status}", "the status names the limit", "see the numbers with `corflow app check {appId} --epoch {epoch} --units N`"),
    of("app-fees", "BatchTooLarge(uint256,uint256)", "{count} vouchers are too many: at most {maximum} at once", "a batch fits a transaction", "send them in batches of {maximum}"),
    of("app-fees", "InsufficientEscrow(uint256,uint256)", "{asked:cor} are asked for, and {escrow:cor} are in escrow", "only escrow can leave, grants never", "ask for at most {escrow:cor}"),
    of("app-fees", "ExitPending(uint256,uint256)", "{amount:cor} are leaving already, until {exitAt:time}", "there is one exit at a time", "take it at {exitAt:time}, or cancel it first"),
    of("app-fees", "NoExit(uint256)", "nothing of app {appId} is leaving", "no exit was asked for, or vouchers spent it", "ask for one first: `corflow app exit {appId} --request AMOUNT`"),
    of("app-fees", "StillOpen(uint256,uint256)", "vouchers still count until {until:time}; it is {time:time}", "money waits until every voucher signed before is counted or late", "try again at {until:time} or later"),
    of("app-fees", "NothingToTake()", "there is nothing to take", "no closed epoch has left anything, or it was taken", "wait until an epoch is closed"),
    of("app-fees", "NotAgentStore(address)", "only the agent-store may do this, and {account:who} is not", "the call is between contracts", "register, change and close apps through the agent-store"),
    of("app-fees", "WrongEpoch(uint256,uint256)", "epoch {epoch} is not next: epoch {next} is", "epochs are closed in order", "close through the pool, which keeps the order"),
    of("app-fees", "AlreadyWired(address,address)", "app-fees is wired already, to {agentStore:who} and {minerPool:who}", "wiring is done once, for good", "nothing needs to be done if those are the right ones"),
    of("app-fees", "BoardHasNoCode(address)", "there is no fee-board at {board:who}", "app-fees needs its code", "deploy the fee-board first: `corflow deploy` keeps the order"),
    of("app-fees", "InvalidAccount(address)", "{account:who} cannot be named", "zero is nobody", "name an account"),
    of("app-fees", "UnitPriceOutOfBounds(uint256,uint256,uint256)", "a price of {unitPrice:cor} is out of bounds: from {minimum:cor} to {maximum:cor}", "a price at most doubles or halves from epoch to epoch", "go there in several epochs"),
    of("app-fees", "DiscountOutOfBounds(uint256,uint256)", "a discount of {discount:points} is out of bounds: at most {maximum:points}", "the bound is fixed in the contract", "choose at most {maximum:points}"),
    of("app-fees", "SplitOutOfBounds(uint256,uint256,uint256,uint256)", "miners {minersShare:points}, treasury {treasuryShare:points}, burn {burnShare:points} and builders {buildersShare:points} are no split within the bounds", "miners have 50 to 85 %, treasury and burn 5 to 30 % each and together at least 15 %, and all at most the whole", "choose shares within them"),

    // The agent-store.
    of("agent-store", "AppNotOffered(uint256,address)", "app {appId} was not offered to {account:who}", "an app changes hands when its owner offers it and the other accepts", "let the owner offer it first"),
    of("agent-store", "NotCurator(address)", "only the curator may do this, and {account:who} is not", "allowances are the curator's", "sign with the curator's key: `corflow owner params` names it"),
    of("agent-store", "InvalidSigner(address)", "{signer:who} cannot sign", "zero has no key", "name the address whose key signs vouchers"),
    of("agent-store", "AppIsClosed(uint256)", "app {appId} is closed", "closing is for good", "use another app"),
    of("agent-store", "BondAlreadyReturned(uint256)", "the bond of app {appId} was returned", "it is paid back once", "nothing needs to be done"),
    of("agent-store", "NoFreeRoom(uint256,uint256)", "{units} units are asked for, and the free budget has room for {room}", "all allowances together stay within the budget", "allot at most {room} units, or raise the budget"),
    of("agent-store", "FreeBudgetOutOfBounds(uint256,uint256,uint256)", "a free budget of {budget} units is out of bounds: from {minimum} to {maximum}", "it is never below what is allotted", "lower allowances first, or choose at least {minimum}"),
    of("agent-store", "StarterOutOfBounds(uint256,uint256)", "a starter allowance of {starter} units is too much: at most {maximum}", "it is at most 1 % of the free budget", "choose at most {maximum} units"),
    of("agent-store", "BondOutOfBounds(uint256,uint256)", "a bond of {bond:cor} is too high: at most {maximum:cor}", "the bound is fixed in the contract", "choose at most {maximum:cor}"),

    // The miner pool.
    of("miner-pool", "NotWired(address,address)", "{appFees:who} names {minerPool:who} for its pool", "app-fees is not wired to this pool", "run `corflow deploy` again: it wires what is not wired yet"),
    of("miner-pool", "ReserveBelowShare(uint256,uint256)", "the reserve has {reserve:cor} and needs {needed:cor}", "emission needs 35 % of the reference supply", "deposit what is missing"),
    of("miner-pool", "ReferenceSupplyBelowToken(uint256,uint256)", "the reference supply is {referenceSupply:cor}, below the token's {totalSupply:cor}", "the pool was built with a supply that is too small", "build the pool with COR's supply over all networks"),
    of("miner-pool", "AlreadyStarted(uint256)", "emission started: epoch {firstEpoch} is the first to emit", "it starts once, for good", "nothing needs to be done"),
    of("miner-pool", "NotAnnounced()", "no retirement is announced", "moving the reserve needs 90 days of notice", "let the owner announce it first: `retire` at the pool"),
    of("miner-pool", "AlreadyReleased(uint256)", "the reserve was released; epoch {lastEpoch} is the last to emit", "a release is final", "use the pool that follows"),
    of("miner-pool", "NotReleased()", "the reserve was not released", "it moves only after its release", "let the owner release it first: `release` at the pool, 90 to 120 days after the announcement"),
    of("miner-pool", "OutsideWindow(uint256,uint256,uint256)", "the release holds from {opensAt:time} to {closesAt:time}; it is {time:time}", "it has to come 90 to 120 days after the announcement", "release within that time, or announce again"),
    of("miner-pool", "InvalidRecipient(address)", "{recipient:who} cannot receive the reserve", "it must be an account that can deposit it again, not one of the contracts", "name such an account"),
    of("miner-pool", "StillEmitting(uint256,uint256)", "epoch {lastEpoch}, the last to emit, is not closed", "what miners are due comes first", "close epochs (`close` at the pool, or `corflow keeper run --once`), or wait until {time:time}"),
    of("miner-pool", "NothingToPull()", "there is no reserve", "it is empty, or was moved", "nothing needs to be done"),
    of("miner-pool", "WrongClock(address,uint256,uint256)", "{callee:who} counts {named}, not {expected}", "contracts with different epoch clocks are mixed", "take all addresses from one deployment"),
    of("miner-pool", "BeforeOutOfBounds(uint256,uint256)", "{amount:cor} of earlier pools are more than the supply, {maximum:cor}", "earlier pools emitted and burned at most the supply", "give what they say themselves"),
    of("miner-pool", "DecayOutOfBounds(uint256,uint256,uint256)", "a decay of {decay:wad} is out of bounds: from {minimum:wad} to {maximum:wad}", "the half-life is 52 to 520 epochs", "choose a decay within them"),
    of("miner-pool", "RatioOutOfBounds(uint256,uint256)", "{ratio:wad} is too much: at most {maximum:wad}", "tapers and floor have bounds fixed in the contract", "choose at most {maximum:wad}"),

    // Miners' rewards.
    of("miner-rewards", "AlreadyWired(address)", "miner-rewards is wired already, to {minerPool:who}", "wiring is done once, for good", "nothing needs to be done if that is the right one"),
    of("miner-rewards", "NotWiredBack(address,address)", "{caller:who} names {minerRewards:who} for its rewards", "it was built for another contract", "take all addresses from one deployment"),
    of("miner-rewards", "EpochOutOfOrder(uint256,uint256)", "the budget of epoch {epoch} is not next: that of epoch {next} is", "budgets come epoch by epoch", "close epochs through the pool"),
    of("miner-rewards", "BudgetNotPaid(uint256,uint256)", "{owed:cor} would be owed, and {balance:cor} are there", "a budget is paid before it is counted", "close epochs through the pool"),
    of("miner-rewards", "NotAttester(address)", "{account:who} is not an attester", "attesters vote, and the owner names them", "sign with an attester's key: `corflow owner params` names them"),
    of("miner-rewards", "EpochNotClosed(uint256,uint256,uint256)", "epoch {epoch} is not closed; closed are {first} to before {next}", "a root is of an epoch whose budget is known", "close it first, or vote for an earlier one"),
    of("miner-rewards", "EpochNotLater(uint256,uint256)", "the active root is of epoch {active}, not earlier than {epoch}", "roots go forward", "vote for an epoch after {active}"),
    of("miner-rewards", "BatchTooLong(uint256,uint256)", "{length} claims are too many: at most {maximum} at once", "a batch fits a transaction", "send them in batches of {maximum}"),
    of("miner-rewards", "ZeroRoot()", "a root of zero is no root", "an empty tree pays nobody", "compute the tree again: `corflow rewards compute`"),
    of("miner-rewards", "TotalAboveBudget(uint256,uint256)", "the root pays {cumulativeTotal:cor} in all, and the budgets give {budget:cor}", "miners get at most what epochs were given", "compute the tree again from the published scores"),
    of("miner-rewards", "TotalBelowActive(uint256,uint256)", "the root pays {cumulativeTotal:cor} in all, less than the active one's {active:cor}", "amounts are cumulative and never fall", "compute the tree again on top of the one before"),
    of("miner-rewards", "NoQuorum(uint256,uint256)", "{votes} attesters stand behind the root, and {quorum} are needed", "votes of former attesters do not count", "wait for more votes"),
    of("miner-rewards", "RootPending(uint256,uint256)", "the root of epoch {epoch} is pending until {readyAt:time}", "one root is pending at a time", "activate it at {readyAt:time}, then propose"),
    of("miner-rewards", "NoPendingRoot()", "no root is pending", "none has its quorum, or it was activated", "wait for the attesters"),
    of("miner-rewards", "WindowOpen(uint256,uint256)", "the pending root's window ends at {readyAt:time}; it is {time:time}", "the window lets everybody check the root", "activate it at {readyAt:time} or later"),
    of("miner-rewards", "WindowOver(uint256,uint256)", "the pending root's window ended at {readyAt:time}; it is {time:time}", "only an open window can be extended", "activate the root, or replace the attesters"),
    of("miner-rewards", "AlreadyExtended(uint256)", "the pending root was extended already, to {readyAt:time}", "it is extended once", "wait until {readyAt:time}"),
    of("miner-rewards", "QuorumOutOfBounds(uint256,uint256)", "{quorum} of {attesters} attesters are no quorum", "a quorum is more than half, of at most 15", "choose more than half of them, and not more than all"),
    of("miner-rewards", "InvalidAttester(address)", "{attester:who} cannot be an attester", "it is zero, or named twice", "name each attester once"),
    of("miner-rewards", "InvalidProof(address,uint256)", "no active root has {miner:who} with {amount:cor}", "the proof is of another root, or the amount is not the tree's", "make the proof of the active root's epoch: `corflow miner status` names it"),
    of("miner-rewards", "RootNotActive(uint256)", "the proof is of the pending root, which is not active until {readyAt:time}", "a root waits for its window", "claim by the active root now, or by this one at {readyAt:time}"),
    of("miner-rewards", "NothingToClaim(uint256)", "all of it was paid already: {claimed:cor}", "the amount is cumulative", "wait for the next root"),
    of("miner-rewards", "BelowClaimed(uint256,uint256)", "{claimed:cor} were paid already, more than the {amount:cor} of this proof", "the proof is of an older root", "make the proof of the active root's epoch"),
    of("miner-rewards", "TotalExceeded(uint256,uint256)", "{paid:cor} would be paid in all, more than the root's {cumulativeTotal:cor}", "the published tree pays more than its root says", "tell the attesters: the root is wrong"),
    of("miner-rewards", "NotPayout(address,address)", "this belongs to the payout address {payout:who}, and {account:who} is not it", "a miner's claims are its payout address's", "sign with the key of {payout:who}"),
    of("miner-rewards", "PayoutNotNamed(address,address)", "the payout was offered to {named:who}, not to {account:who}", "a payout address is named first and then accepts", "let it be named first: `corflow miner payout MINER --name ADDRESS`"),
    of("miner-rewards", "WindowOutOfBounds(uint256,uint256,uint256)", "a window of {window:for} is out of bounds: from {minimum:for} to {maximum:for}", "it is at least twice the roles' delay and at most an epoch", "choose a window within them"),

    // What Arbitrum offers for deploying.
    of("StylusDeployer", "ContractDeploymentError(bytes)", "the contract could not be created", "its code was refused, or the gas did not suffice", "build it again, and raise the gas limit"),
    of("StylusDeployer", "ContractInitializationError(address,bytes)", "the constructor of {newContract:who} refused: {data:inner}", "an argument is out of its bounds", "correct the argument that it names"),
    of("StylusDeployer", "RefundExcessValueError(uint256)", "{excessValue:ether} too much were sent and could not be given back", "the sender is a contract that takes no ether", "send the exact fee"),
    of("StylusDeployer", "EmptyBytecode()", "there is no code to deploy", "the build gave an empty file", "build it again"),
    of("StylusDeployer", "InitValueButNotInitData()", "ether was sent to a constructor that is not called", "a value needs a constructor", "send no value"),
    of("CacheManager", "AsmTooLarge(uint256,uint256,uint256)", "the program needs {asm} bytes of the cache, which has {cacheSize}, {queueSize} of them taken", "it is larger than the cache", "leave it uncached"),
    of("CacheManager", "AlreadyCached(bytes32)", "the program is cached already", "a bid for its code holds", "nothing needs to be done"),
    of("CacheManager", "BidTooSmall(uint192,uint192)", "the bid of {bid:ether} is too small: at least {min:ether}", "others bid more for the place", "bid at least {min:ether}"),
    of("CacheManager", "BidsArePaused()", "nobody can bid for the cache at the moment", "the chain's owner paused it", "try again later; the program runs without it"),
    of("ArbWasm", "ProgramUpToDate()", "the program is active already", "its activation holds", "nothing needs to be done"),
    of("ArbWasm", "ProgramNotActivated()", "the program is not active", "it was never activated", "activate it: run `corflow deploy` again"),
    of("ArbWasm", "ProgramNeedsUpgrade(uint16,uint16)", "the program was activated for version {version}, and the chain has {stylusVersion}", "the chain was upgraded", "activate it again: `corflow keepalive`"),
    of("ArbWasm", "ProgramExpired(uint64)", "the program's activation is {ageInSeconds:for} old and has expired", "activations hold for a year", "activate it again: `corflow keepalive`"),
    of("ArbWasm", "ProgramKeepaliveTooSoon(uint64)", "the program's activation is only {ageInSeconds:for} old", "it can be kept alive once it is 31 days old", "nothing needs to be done yet"),
    of("ArbWasm", "ProgramInsufficientValue(uint256,uint256)", "the activation costs {want:ether}, and {have:ether} were sent", "its fee rises when many activate", "send at least {want:ether}"),
];

/// Reverts that no ABI has: Solidity's own, and none at all.
pub(super) const BARE: &[Row] = &[
    any("Error(string)", "the contract says: {message}", "it refused in its own words", "see what it says"),
    any("Panic(uint256)", "the contract failed with panic {code}", "a bug in a contract that is not of this network", "report it to whoever wrote the contract"),
    any("()", "the contract reverted without a reason", "there is no contract of this kind at the address, or the gas ran out", "check the network and the deployment's addresses"),
    any("unknown", "the contract refused with {data}, which no ABI here knows", "the contract is of another version than this corflow", "use the corflow that the deployment was made with"),
];

/// Every way in which a node fails.
pub(super) const NODE: &[(Kind, &str, &str, &str)] = &[
    (Kind::Unreachable, "the node does not answer", "nothing listens at its URL, or the network is down", "check the URL; for a node of your own run `corflow up`"),
    (Kind::TimedOut, "the node took too long to answer", "it is overloaded, or the connection is slow", "try again, or use another endpoint"),
    (Kind::Unauthorized, "the node does not let us in", "the key in its URL is missing or not valid any more", "set the right URL for this network"),
    (Kind::RateLimited, "the node was asked too often", "the provider limits requests", "wait a minute, or use another endpoint"),
    (Kind::Broken, "the node failed inside", "the provider has a fault at the moment", "try again, or use another endpoint"),
    (Kind::NotANode, "what answers there is not a node", "the URL is of a web page or of another service", "check the URL: it is a JSON-RPC endpoint"),
    (Kind::NoMethod, "the node does not offer what was asked", "the provider leaves the method out", "use another endpoint"),
    (Kind::WrongChain, "the node is of another chain", "network and URL do not belong together", "use the URL of the network's own node"),
    (Kind::NoFunds, "the account cannot pay for the gas", "it has less ether than the transaction can cost at most", "send some ether to it on this network"),
    (Kind::NonceTooLow, "the account's next transaction is another by now", "another program sent one with the same key", "run the command again"),
    (Kind::NonceTooHigh, "an earlier transaction of the account is missing", "one that was sent before is not mined", "wait for it, or replace it"),
    (Kind::AlreadyKnown, "the node has this transaction already", "it was sent before", "wait until it is mined: look its hash up"),
    (Kind::Underpriced, "another transaction with this nonce pays more", "a replacement has to pay at least a tenth more", "wait for the other, or raise the fee"),
    (Kind::FeeTooLow, "the fee is below what blocks cost now", "the price rose since it was asked", "run the command again"),
    (Kind::GasTooLow, "the gas limit does not suffice", "the call needs more than was set", "run the command again: the limit is estimated anew"),
    (Kind::NoState, "the node has no state of that block any more", "it keeps a short time only", "run the command again, or use an archive node"),
    (Kind::NotMined, "the transaction is not in a block yet", "the chain is slow, or the fee is low", "look its hash up before sending anything again"),
    (Kind::Dropped, "the node does not know the transaction any more", "it was dropped: too low a fee, or too many before it", "look its hash up elsewhere, and then run the command again"),
    (Kind::Replaced, "another transaction took its nonce", "it was replaced from a wallet with the same key", "look at what was mined in its place"),
    (Kind::Other, "the node refused", "for a reason that is not known here", "see what it says"),
];

/// Every exit code.
pub(super) const EXITS: &[(super::Exit, &str, &str, &str)] = &[
    (super::Exit::Done, "all that was asked is done", "all that was checked holds, too", "nothing needs to be done"),
    (super::Exit::Failed, "it could not be done", "the message says why", "do what the message says, and run it again"),
    (super::Exit::Usage, "the command was not understood", "an argument is missing, misspelt or not what it should be", "see `corflow help`"),
    (super::Exit::Refused, "a contract refuses, or would refuse", "the message names the limit with its numbers", "do what the message says; nothing was changed"),
    (super::Exit::Keys, "nobody can sign", "no key, more than one, or one that does not open", "see \"Who signs\" in the command's --help"),
    (super::Exit::Node, "the node does not do what it should", "it is away, limits us, or is of another chain", "check the URL, or use another endpoint"),
    (super::Exit::Differs, "what happened is not what was predicted", "an error of ours: the transaction is in the chain all the same", "report it with the numbers that are shown"),
    (super::Exit::Unsure, "the transaction was sent, and is not known to be in a block", "it is slow, dropped or replaced", "look its hash up before you send anything again"),
];
