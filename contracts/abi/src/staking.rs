//! Stake COR, earn, leave.

crate::common::with_common! {
    /// Staking: hold COR at stake, earn the network's incentives and the stakers' part of its fees, leave after a cooldown.
    interface Staking {
        /// Refuses what is out of bounds. `owner` and `guardian` are arguments, for whoever deploys through a factory is
        /// not the caller; `guardian` may be zero (then only the owner pauses). `genesis` and `epochLength` are the
        /// network's epoch clock, `referenceSupply` bounds every holding, `cooldown` and `delay` are seconds.
        constructor(
            address token, address owner, address guardian, uint256 referenceSupply,
            uint64 genesis, uint64 epochLength, uint64 cooldown, uint64 delay
        );

        /// Stakes `amount` of the caller's COR, which it has approved. Pausable.
        function stake(uint256 amount) external;
        /// Stakes `amount` of the caller's COR for `account`; nothing else of `account` changes. Pausable, but for the wired contracts.
        function stakeFor(address account, uint256 amount) external;
        /// Stakes by a permit for exactly `amount`. A permit that fails, used already or expired, does no harm while the
        /// allowance is there. A permit that holds replaces an older allowance, so that none is left. Pausable.
        function stakeWithPermit(uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        /// Moves `amount` from stake to unbonding: it earns nothing any more and is the caller's after the cooldown.
        /// What had matured is paid out first; what had not waits anew, together with `amount`.
        function requestUnstake(uint256 amount) external;
        /// Returns all that is unbonding, matured or not, to stake at once.
        function cancelUnstake() external;
        /// Pays out what has matured, to the caller.
        function withdraw() external returns (uint256 amount);
        /// Pays out the caller's rewards, rounded down to the wei.
        function claim() external returns (uint256 amount);
        /// Stakes the caller's rewards; no COR moves.
        function compound() external returns (uint256 amount);

        /// Adds `amount` of the caller's COR to the incentives' budget, for good. Anyone may; it changes no rate. Pausable.
        function fund(uint256 amount) external;
        /// The stakers' part of `epochs` closed epochs, streamed over the epochs to come. The wired app-fees only.
        function addFees(uint256 amount, uint256 epochs) external;

        /// Names, once and for all, app-fees and miner-rewards, each of which must name this contract. The owner only.
        function wire(address appFees, address minerRewards) external;
        /// Offers the ownership to `newOwner`, who must accept it; zero takes the offer back. The owner only.
        function transferOwnership(address newOwner) external;
        /// Takes an ownership that was offered to the caller.
        function acceptOwnership() external;
        /// Makes `guardian` the guardian, `delay` seconds from now. The owner only.
        function setGuardian(address guardian) external;
        /// Closes stake, stakeFor, stakeWithPermit and fund. The guardian or the owner.
        function pause() external;
        /// Opens them again. The owner only.
        function unpause() external;

        /// COR.
        function token() external view returns (address);
        /// Who may wire, appoint, pause and unpause.
        function owner() external view returns (address);
        /// Whom the ownership is offered to, or zero.
        function pendingOwner() external view returns (address);
        /// Who may pause, now.
        function guardian() external view returns (address);
        /// The guardian to come and since when it will be; (zero, 0) when there is none.
        function pendingGuardian() external view returns (address guardian, uint256 activeAt);
        /// Whether people's own inflows are closed.
        function paused() external view returns (bool);
        /// The fees' payer, or zero before `wire`.
        function appFees() external view returns (address);
        /// The miners' rewards, which may stake for miners, or zero before `wire`.
        function minerRewards() external view returns (address);
        /// The first second of epoch 0.
        function genesis() external view returns (uint256);
        /// Seconds of an epoch.
        function epochLength() external view returns (uint256);
        /// Seconds that unbonding takes.
        function cooldown() external view returns (uint256);
        /// Seconds after which a new guardian holds.
        function delay() external view returns (uint256);
        /// When the incentives' schedule began: the second of construction.
        function start() external view returns (uint256);
        /// The supply that every holding stays below, in wei.
        function referenceSupply() external view returns (uint256);

        /// What `account` has: at stake, unbonding, when that matures (0 when nothing is), and rewards as of now.
        function position(address account) external view returns (uint256 stake, uint256 unbonding, uint256 readyAt, uint256 rewards);
        /// What `account` has at stake.
        function stakeOf(address account) external view returns (uint256);
        /// What `claim` would pay `account` now.
        function earned(address account) external view returns (uint256);
        /// All that this contract owes, as of now: at stake, unbonding, rewards not yet claimed, the incentives' budget,
        /// and what the fees' stream still holds. Its COR is never less than their sum.
        function totals() external view returns (uint256 staked, uint256 unbonding, uint256 rewards, uint256 budget, uint256 streaming);
        /// The incentives' rate of this second, in percent a year ("up to": it holds while the budget lasts).
        function apr() external view returns (uint256 percent);
        /// The fees' stream, as of now: the wei still to come and the seconds over which they come.
        function stream() external view returns (uint256 left, uint256 remaining);
        /// The epoch of now.
        function epoch() external view returns (uint256);
        /// The time-weighted average stake of an epoch, rounded down. Of the running one: as it will be if nothing changes.
        function averageStake(uint256 epoch) external view returns (uint256);

        /// `payer`'s `amount` is at stake for `account`.
        event Staked(address indexed account, address indexed payer, uint256 amount);
        /// `amount` left stake; `unbonding` in all matures at `readyAt`.
        event UnstakeRequested(address indexed account, uint256 amount, uint256 unbonding, uint256 readyAt);
        /// `amount` is back at stake.
        event UnstakeCancelled(address indexed account, uint256 amount);
        /// `amount` matured and was paid.
        event Withdrawn(address indexed account, uint256 amount);
        /// `amount` of rewards was paid.
        event Claimed(address indexed account, uint256 amount);
        /// `amount` of rewards went to stake.
        event Compounded(address indexed account, uint256 amount);
        /// The incentives' budget grew by `amount` to `budget`.
        event Funded(address indexed funder, uint256 amount, uint256 budget);
        /// The budget ended with `amount`, shared by stake; until it is funded again no incentives accrue.
        event BudgetExhausted(uint256 amount);
        /// Stakers' part of `epochs` epochs arrived; `left` streams over `remaining` seconds.
        event FeesAdded(uint256 amount, uint256 epochs, uint256 left, uint256 remaining);
        /// The record of an epoch in which stake moved: its average and what was at stake at its end.
        event EpochRecorded(uint256 indexed epoch, uint256 average, uint256 closing);
        /// The contracts that call this one are named, for good.
        event StakingWired(address indexed appFees, address indexed minerRewards);

        /// An amount of zero does nothing.
        error ZeroAmount();
        /// `amount` is beyond what a holding can be, `maximum`.
        error AmountTooLarge(uint256 amount, uint256 maximum);
        /// `stake` is at stake, less than `asked`.
        error InsufficientStake(uint256 asked, uint256 stake);
        /// The account can hold no stake: zero, or this contract itself.
        error InvalidAccount(address account);
        /// Nothing is unbonding.
        error NothingUnbonding();
        /// What is unbonding matures at `readyAt`; it is `time` now.
        error StillUnbonding(uint256 readyAt, uint256 time);
        /// There are no rewards to take.
        error NothingToClaim();
        /// Only the wired app-fees adds fees.
        error NotAppFees(address account);
        /// The contracts are named already.
        error AlreadyWired(address appFees, address minerRewards);
        /// `caller` was to be wired but names `staking`, not this contract.
        error NotWiredBack(address caller, address staking);
        /// The epoch has not begun; `running` is the running one.
        error EpochNotBegun(uint256 epoch, uint256 running);
        /// Epochs are closed at least one at a time.
        error ZeroEpochs();
        /// A number left its range; nothing that can be reached by calls does.
        error ArithmeticOverflow();

        /// Seconds of an epoch, and their bounds.
        error EpochLengthOutOfBounds(uint256 epochLength, uint256 minimum, uint256 maximum);
        /// Seconds of cooldown, and their bounds.
        error CooldownOutOfBounds(uint256 cooldown, uint256 minimum, uint256 maximum);
        /// Epoch 0 cannot begin later than now.
        error GenesisInFuture(uint256 genesis, uint256 time);
        /// The reference supply must be below 2^96 and at least the token's supply.
        error ReferenceSupplyOutOfBounds(uint256 referenceSupply, uint256 minimum, uint256 maximum);
    }
}
