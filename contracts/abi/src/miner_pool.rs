//! The miners' reserve: what it emits, and the closing of epochs.

crate::common::with_common! {
    /// The miner pool: 35% of COR's reference supply, paid out to miners epoch by epoch, less the more users pay them.
    ///
    /// With reserve R, decay d, fees F of miners and average stake S of an epoch, all wei, W = 1e18 and every step exact:
    /// `cap = floor(R*d/W)`, `used = cap - ceil(cap*a*F / ((cap+F)*W))`,
    /// `emission = max(used - ceil(used*b*S / (C*W)), floor(cap*floor/W))`, where C is what circulates: the supply less R.
    /// What is not emitted stays in the reserve and feeds later caps.
    interface MinerPool {
        /// Refuses what is out of bounds. `owner` and `guardian` are arguments, for whoever deploys through a factory is not
        /// the caller; `guardian` may be zero (then only the owner pauses). COR, staking, the epoch clock and the grace are
        /// those of `appFees`, with which `minerRewards` must agree. `referenceSupply` is COR's supply in wei over all networks;
        /// `emittedBefore` and `burntBefore` are what earlier pools have emitted and burned in wei, 0 for the first.
        /// `decay`, `usageTaper`, `stakeTaper` and `floor` are parts of 1e18. `delay` (of a new guardian) is seconds.
        /// The pool's first epoch is the one of its construction.
        constructor(
            address owner, address guardian, address appFees, address minerRewards,
            uint256 referenceSupply, uint256 emittedBefore, uint256 burntBefore,
            uint256 decay, uint256 usageTaper, uint256 stakeTaper, uint256 floor,
            uint64 delay
        );

        /// Adds `amount` of the caller's COR, which it has approved, to the reserve, when the running epoch closes. Nobody
        /// has a claim to it any more, the caller neither. Anyone may, once app-fees names this pool. Pausable.
        function deposit(uint256 amount) external;
        /// Lets the reserve emit from the next epoch on, for good. Needs 35% of the reference supply, rounded up, in the
        /// reserve, in deposits not yet added and in what earlier pools emitted, and a reference supply not below the
        /// token's. The owner only, once.
        function startEmission() external;
        /// Closes the epochs that are due, at most `max` of them, the oldest first: pays each one's emission and miners'
        /// part of its fees into the miners' rewards. An epoch is due `grace` after its end, and closing it late changes no
        /// amount. With nothing due it does nothing. Anyone may.
        function close(uint256 max) external returns (uint256 closed);

        /// Announces that the reserve will move to `recipient`, an account that deposits it again: contracts that hold this
        /// COR by their own rules (that answer `token()` with it) are refused. A further announcement restarts the time. The
        /// owner only.
        function retire(address recipient) external;
        /// Takes the announcement back. The owner only, before `release`.
        function callOff() external;
        /// Makes the running epoch the last to emit, for good; no deposit is taken any more. The owner only, from 90 days
        /// after the announcement on and before 120 days after it.
        function release() external;
        /// Pays the reserve to the announced recipient. Anyone may, once the last epoch that emits is closed; or when it is
        /// still unclosed 30 days after it came due, and then unclosed epochs emit nothing. What miners earned never moves.
        function pullReserve() external returns (uint256 amount);

        /// Offers the ownership to `newOwner`, who must accept it; zero takes the offer back. The owner only.
        function transferOwnership(address newOwner) external;
        /// Takes an ownership that was offered to the caller.
        function acceptOwnership() external;
        /// Makes `guardian` the guardian, `delay` seconds from now. The owner only.
        function setGuardian(address guardian) external;
        /// Closes `deposit`. The guardian or the owner.
        function pause() external;
        /// Opens it again. The owner only.
        function unpause() external;

        /// COR.
        function token() external view returns (address);
        /// Who may start, retire, appoint, pause and unpause.
        function owner() external view returns (address);
        /// Whom the ownership is offered to, or zero.
        function pendingOwner() external view returns (address);
        /// Who may pause, now.
        function guardian() external view returns (address);
        /// The guardian to come and since when it will be; (zero, 0) when there is none.
        function pendingGuardian() external view returns (address guardian, uint256 activeAt);
        /// Whether deposits are closed.
        function paused() external view returns (bool);
        /// Whose fees are closed with each epoch.
        function appFees() external view returns (address);
        /// What holds miners' earnings until they take them.
        function minerRewards() external view returns (address);
        /// Whose average stake tapers the emission.
        function staking() external view returns (address);
        /// The first second of epoch 0.
        function genesis() external view returns (uint256);
        /// Seconds of an epoch.
        function epochLength() external view returns (uint256);
        /// Seconds from the end of an epoch until it may be closed.
        function grace() external view returns (uint256);
        /// Seconds after which a new guardian holds.
        function delay() external view returns (uint256);
        /// COR's supply over all networks, in wei.
        function referenceSupply() external view returns (uint256);
        /// What earlier pools had emitted and burned when this one began, in wei.
        function before() external view returns (uint256 emitted, uint256 burnt);
        /// The formula's constants, as parts of 1e18.
        function parameters() external view returns (uint256 decay, uint256 usageTaper, uint256 stakeTaper, uint256 floor);

        /// The epoch of now.
        function epoch() external view returns (uint256);
        /// The oldest epoch that is not closed.
        function nextEpoch() external view returns (uint256);
        /// How many epochs `close` would close now.
        function due() external view returns (uint256);
        /// The first and the last epoch that emit. Nothing emits before `startEmission`, and there is no last one before
        /// `release`: then the value is 2^64 - 1.
        function emitting() external view returns (uint256 first, uint256 last);
        /// The reserve R as of the last closing, and deposits that are added as their epochs close. In wei: all that this
        /// contract owes.
        function reserve() external view returns (uint256 reserve, uint256 deposits);
        /// What an epoch that is not closed added by deposits so far, in wei.
        function depositsOf(uint256 epoch) external view returns (uint256);
        /// What this pool has emitted, and the burn parts of the epochs that it closed, in wei.
        function totals() external view returns (uint256 emitted, uint256 burned);
        /// The most that the next epoch to close can emit, in wei.
        function cap() external view returns (uint256);
        /// COR's supply less what was burned and what the reserve holds, as of the last closing, in wei.
        function circulating() external view returns (uint256);
        /// What the next epoch to close would emit with miners' part `fees` of its fees, at the stake average that staking
        /// answers for it now. Of an epoch that does not emit: what it would if it did.
        function expectedEmission(uint256 fees) external view returns (uint256);
        /// What a closed epoch emitted and what miners got of its fees, in wei; (0, 0) of any other.
        function closedEpoch(uint256 epoch) external view returns (uint256 emission, uint256 fees);
        /// Which part of miners' income of a closed epoch apps paid themselves, grants apart, as a part of 1e18, rounded
        /// down: fees * own / (gross * (emission + fees)). 0 where nothing was paid.
        function userPaidShare(uint256 epoch) external view returns (uint256);
        /// The announcement: to whom, when it was made, and the window of `release`, [opensAt, closesAt). Zeros when there is none.
        function retirement() external view returns (address recipient, uint256 announcedAt, uint256 opensAt, uint256 closesAt);

        /// `from` added `amount` to the reserve, as of the close of `epoch`.
        event Deposited(address indexed from, uint256 indexed epoch, uint256 amount);
        /// Epochs from `firstEpoch` on emit. `reserve` counts deposits not yet added and what earlier pools emitted.
        event EmissionStarted(uint256 indexed firstEpoch, uint256 reserve, uint256 needed);
        /// An epoch is closed. `reserve` is what the cap was taken of; `fees` miners' part of the epoch's; `deposits` joined the
        /// reserve after it; `supply` is COR's less what was burned before the epoch, of which it burns `burned`.
        event EpochClosed(
            uint256 indexed epoch, uint256 reserve, uint256 cap, uint256 emission, uint256 fees,
            uint256 deposits, uint256 averageStake, uint256 supply, uint256 burned
        );
        /// The reserve may move to `recipient` in [opensAt, closesAt).
        event RetirementAnnounced(address indexed recipient, uint256 opensAt, uint256 closesAt);
        /// The reserve stays.
        event RetirementCalledOff(address indexed recipient);
        /// `lastEpoch` is the last to emit.
        event Released(address indexed recipient, uint256 lastEpoch);
        /// `amount` left for `recipient`; epochs from `nextEpoch` on emit nothing.
        event ReservePulled(address indexed recipient, uint256 amount, uint256 nextEpoch);

        /// An amount of zero does nothing.
        error ZeroAmount();
        /// `amount` is beyond what there is still room for, `maximum`: no more than the reference supply can be here.
        error AmountTooLarge(uint256 amount, uint256 maximum);
        /// App-fees does not name this pool yet.
        error NotWired(address appFees, address minerPool);
        /// Reserve, deposits and earlier emission are `reserve` together, less than 35% of the reference supply, `needed`.
        error ReserveBelowShare(uint256 reserve, uint256 needed);
        /// The token's supply exceeds the reference supply.
        error ReferenceSupplyBelowToken(uint256 referenceSupply, uint256 totalSupply);
        /// Emission started; `firstEpoch` is the first to emit.
        error AlreadyStarted(uint256 firstEpoch);
        /// Nothing is announced.
        error NotAnnounced();
        /// The reserve was released; `lastEpoch` is the last to emit.
        error AlreadyReleased(uint256 lastEpoch);
        /// The reserve was not released.
        error NotReleased();
        /// `release` holds in [opensAt, closesAt); it is `time` now.
        error OutsideWindow(uint256 opensAt, uint256 closesAt, uint256 time);
        /// The recipient is zero, or a contract that could not deposit the reserve again.
        error InvalidRecipient(address recipient);
        /// The last epoch that emits is not closed; without that the reserve moves from `time` on.
        error StillEmitting(uint256 lastEpoch, uint256 time);
        /// There is no reserve.
        error NothingToPull();
        /// A number left its range; nothing that can be reached by calls does.
        error ArithmeticOverflow();

        /// Two contracts that this one is given do not agree: `callee` names `named`, not `expected`.
        error WrongPeer(address callee, address named, address expected);
        /// Two contracts that this one is given count time differently.
        error WrongClock(address callee, uint256 named, uint256 expected);
        /// Epoch 0 cannot begin later than now.
        error GenesisInFuture(uint256 genesis, uint256 time);
        /// Seconds of an epoch, and their bounds.
        error EpochLengthOutOfBounds(uint256 epochLength, uint256 minimum, uint256 maximum);
        /// Seconds of grace, and their bounds.
        error GraceOutOfBounds(uint256 grace, uint256 minimum, uint256 maximum);
        /// The reference supply must be below 2^96.
        error ReferenceSupplyOutOfBounds(uint256 referenceSupply, uint256 minimum, uint256 maximum);
        /// What earlier pools emitted or burned cannot exceed the reference supply.
        error BeforeOutOfBounds(uint256 amount, uint256 maximum);
        /// The decay of an epoch, and its bounds: a half-life of 52 to 520 epochs.
        error DecayOutOfBounds(uint256 decay, uint256 minimum, uint256 maximum);
        /// A taper or the floor, and its bound, as parts of 1e18.
        error RatioOutOfBounds(uint256 ratio, uint256 maximum);
    }
}
