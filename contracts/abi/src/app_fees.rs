//! What apps pay: escrow, grants, commitments, usage vouchers, fee caps, and the split of each epoch's fees.

crate::common::with_common! {
    /// App fees: apps pay for usage, out of what they put in and what others gave them, never more than they authorised.
    ///
    /// A voucher of the app's signer says how many units the app used in an epoch. They are taken from its commitment for
    /// that epoch, then paid from grants and escrow at the epoch's price, within its fee cap. Once an epoch is over and
    /// `grace` has passed, the pool closes it: the fees go to miners, stakers, builders, the treasury and the fire.
    interface AppFees {
        #[derive(Debug, PartialEq, Eq)]
        /// What became of a voucher: why no more units of it were counted.
        enum Status {
            /// All that it asked for was counted.
            Settled,
            /// The epoch's fee cap leaves no room for a further unit.
            FeeCap,
            /// The commitment is used up, and the app has nothing else to pay with.
            Commitment,
            /// The grants are used up, and there was no escrow.
            Grants,
            /// The escrow is used up, or there is none.
            Escrow,
            /// The epoch no longer takes vouchers.
            ClosedEpoch,
            /// The epoch has not begun.
            FutureEpoch,
            /// It is not signed by the app's signer of that epoch.
            BadSignature,
            /// It asks for no more than was counted before.
            Replay,
            /// There is no such app, or it had no signer in that epoch.
            UnknownApp,
            /// The app was closed before that epoch.
            ClosedApp,
            /// The number of units exceeds 64 bits.
            TooManyUnits
        }

        /// A usage voucher with its signature (EIP-712: `Usage(uint256 appId,uint256 epoch,uint256 cumulativeUnits)`).
        struct Voucher {
            /// The app.
            uint256 appId;
            /// The epoch in which the units were used.
            uint256 epoch;
            /// All units of that epoch so far.
            uint256 cumulativeUnits;
            /// The signature: 27 or 28.
            uint8 v;
            /// The signature.
            bytes32 r;
            /// The signature, in the lower half.
            bytes32 s;
        }

        /// What was taken for a voucher.
        struct Taken {
            /// Why not more.
            Status status;
            /// Units that were counted.
            uint256 units;
            /// Those of them that the commitment covered.
            uint256 committed;
            /// Wei paid from grants.
            uint256 granted;
            /// Wei paid from escrow, what is leaving it among them.
            uint256 escrowed;
        }

        /// Refuses what is out of bounds. `owner`, `guardian` and `treasury` are arguments, for whoever deploys through a
        /// factory is not the caller; `guardian` may be zero (then only the owner pauses). COR and the epoch clock are those of
        /// `staking`. `grace` and `delay` are seconds, `unitPrice` wei; `discount` (of commitments) and the shares are parts of
        /// 10,000. `burnable`: COR has `burn(uint256)`; if not, what is burned goes to 0x...dEaD. `board` is the fee-board,
        /// whose code answers settings, wiring and most views on this contract's storage, for one module has no room for all.
        constructor(
            address owner, address guardian, address treasury, address staking, uint64 grace, uint64 delay,
            uint256 unitPrice, uint256 discount, uint256 minersShare, uint256 treasuryShare, uint256 burnShare,
            uint256 buildersShare, bool burnable, address board
        );

        /// Adds `amount` of the caller's COR, which it has approved, to the app's escrow. Anyone may. Pausable.
        function topUp(uint256 appId, uint256 amount) external;
        /// Gives the app `amount` of the caller's COR, to be spent by usage only, before its escrow. Anyone may; it is never
        /// given back. Pausable.
        function sponsor(uint256 appId, uint256 amount) external;
        /// Buys `units` for each of the next `epochs` (at most 8) epochs, at the next epoch's price less the running epoch's
        /// discount, rounded up per epoch. The caller pays at once, and nothing comes back; what it approved bounds the cost.
        /// Several commitments for one epoch add up. Anyone may. Pausable.
        function commit(uint256 appId, uint256 units, uint256 epochs) external returns (uint256 cost);
        /// Pays `amount` of the caller's COR straight away, as income of the running epoch. Anyone may. Pausable.
        function pay(uint256 appId, uint256 amount, bytes32 memo) external;

        /// Counts a voucher and takes what it costs. Refuses if not even one unit of it can be counted. Anyone may.
        function settle(Voucher voucher) external returns (Taken taken);
        /// Counts up to 50 vouchers, each as if it were alone: one that does not count spoils none of the others.
        function settleMany(Voucher[] vouchers) external returns (Taken[] taken);
        /// What a valid voucher with these numbers would come to now, and the largest `cumulativeUnits` that would be
        /// counted whole.
        function preview(uint256 appId, uint256 epoch, uint256 cumulativeUnits) external view returns (Taken taken, uint256 largest);

        /// Sets `amount` of the escrow aside, to leave once the running epoch is closed for vouchers. Vouchers of that epoch
        /// and earlier ones spend it until then, after grants and before other escrow; later ones do not. One at a time. The
        /// app's owner only.
        function requestExit(uint256 appId, uint256 amount) external;
        /// Puts what is left of it back into escrow. The app's owner only.
        function cancelExit(uint256 appId) external returns (uint256 amount);
        /// Pays what is left of it to the app's owner, `grace` after the end of the epoch in which it was asked for. The
        /// app's owner only.
        function exit(uint256 appId) external returns (uint256 amount);
        /// Stakes the builder's credit for the app's owner, who is the builder. Anyone may.
        function claimBuilder(uint256 appId) external returns (uint256 amount);
        /// Pays the treasury its parts of the closed epochs. Anyone may.
        function pullTreasury() external returns (uint256 amount);
        /// Burns the burn parts of the closed epochs. Anyone may.
        function burn() external returns (uint256 amount);

        /// Closes the fees of the oldest open epoch, which must be due: hands miners' part to `minerRewards` and stakers'
        /// part to staking, and says what miners' part was and what is to burn. The wired pool only.
        function closeEpoch(uint256 epoch, address minerRewards) external returns (uint256 fees, uint256 burned);

        /// Opens an app; signer and fee cap hold at once. The wired agent-store only, as the next five.
        function openApp(uint256 appId, address owner, address signer, uint256 feeCap) external;
        /// The app and its money belong to `owner` now.
        function setAppOwner(uint256 appId, address owner) external;
        /// Vouchers of the next epoch on are signed by `signer`.
        function setAppSigner(uint256 appId, address signer) external;
        /// Sets the fee cap of the next epoch on; every open epoch has the larger of its own and this one.
        function setAppFeeCap(uint256 appId, uint256 feeCap) external;
        /// The app takes no more money, and vouchers of later epochs do not count. Refused while a commitment covers the
        /// running epoch or a later one and, if `idleOnly`, before 182 days without registration, voucher, commit or pay.
        function closeApp(uint256 appId, bool idleOnly) external;
        /// Pays a closed app's escrow and exit to its owner, and makes its grants income of the running epoch, once vouchers
        /// of its last epoch no longer count.
        function releaseApp(uint256 appId) external returns (address owner);

        /// Sets the unit price in wei from the epoch after the next one on: at most twice and at least half the price of the
        /// epoch before. The owner only.
        function setUnitPrice(uint256 unitPrice) external;
        /// Sets the commitments' discount from the next epoch on, at most 5,000 parts of 10,000. The owner only.
        function setDiscount(uint256 discount) external;
        /// Sets the split from the next epoch on, in parts of 10,000; stakers and builders have the rest. The owner only.
        function setSplit(uint256 minersShare, uint256 treasuryShare, uint256 burnShare) external;
        /// The treasury is `treasury`, `delay` seconds from now. The owner only.
        function setTreasury(address treasury) external;
        /// Names, once and for all, the agent-store and the pool, each of which must name this contract, as staking must;
        /// and the pool's miner-rewards must name the pool. The owner only.
        function wire(address agentStore, address minerPool) external;
        /// Offers the ownership to `newOwner`, who must accept it; zero takes the offer back. The owner only.
        function transferOwnership(address newOwner) external;
        /// Takes an ownership that was offered to the caller.
        function acceptOwnership() external;
        /// Makes `guardian` the guardian, `delay` seconds from now. The owner only.
        function setGuardian(address guardian) external;
        /// Closes topUp, sponsor, commit and pay. The guardian or the owner.
        function pause() external;
        /// Opens them again. The owner only.
        function unpause() external;

        /// COR.
        function token() external view returns (address);
        /// Who may set, wire, appoint, pause and unpause.
        function owner() external view returns (address);
        /// Whom the ownership is offered to, or zero.
        function pendingOwner() external view returns (address);
        /// Who may pause, now.
        function guardian() external view returns (address);
        /// The guardian to come and since when it will be; (zero, 0) when there is none.
        function pendingGuardian() external view returns (address guardian, uint256 activeAt);
        /// Whom `pullTreasury` pays, now.
        function treasury() external view returns (address);
        /// The treasury to come and since when it will be; (zero, 0) when there is none.
        function pendingTreasury() external view returns (address treasury, uint256 activeAt);
        /// Whether people's own inflows are closed.
        function paused() external view returns (bool);
        /// The staking contract, which receives stakers' parts and builders' stakes.
        function staking() external view returns (address);
        /// What opens and closes apps, or zero before `wire`.
        function agentStore() external view returns (address);
        /// What closes epochs, or zero before `wire`.
        function minerPool() external view returns (address);
        /// The first second of epoch 0.
        function genesis() external view returns (uint256);
        /// Seconds of an epoch.
        function epochLength() external view returns (uint256);
        /// Seconds after an epoch's end during which its vouchers still count.
        function grace() external view returns (uint256);
        /// Seconds after which a new guardian or treasury holds.
        function delay() external view returns (uint256);
        /// Whether COR is burned by its own `burn(uint256)`.
        function burnable() external view returns (bool);
        /// Whose code answers what this contract's own does not.
        function board() external view returns (address);
        /// The domain separator that vouchers are signed under, computed at each call.
        function DOMAIN_SEPARATOR() external view returns (bytes32);

        /// The epoch of now.
        function epoch() external view returns (uint256);
        /// The oldest epoch that is not closed; 0 before `wire`.
        function nextEpoch() external view returns (uint256);
        /// What a unit costs in an epoch, in wei; of later epochs: as set by now.
        function unitPriceOf(uint256 epoch) external view returns (uint256);
        /// What is taken off for commitments made in an epoch, in parts of 10,000.
        function discountOf(uint256 epoch) external view returns (uint256);
        /// The split of an epoch, in parts of 10,000; builders' share never changes, stakers have the rest.
        function splitOf(uint256 epoch) external view returns (uint256 minersShare, uint256 treasuryShare, uint256 burnShare, uint256 buildersShare);
        /// An epoch's income in wei: what apps paid themselves, and what was paid from grants.
        function incomeOf(uint256 epoch) external view returns (uint256 own, uint256 granted);
        /// Wei of an epoch's income that were credited to builders.
        function buildersPartOf(uint256 epoch) external view returns (uint256);
        /// All that this contract owes, and the parts of it that wait for `pullTreasury` and `burn`, in wei. Its COR is never
        /// less than `owed`.
        function totals() external view returns (uint256 owed, uint256 treasury, uint256 toBurn);

        /// An app's owner; zero if there is no such app.
        function ownerOf(uint256 appId) external view returns (address);
        /// Who signs an app's vouchers of an epoch; zero if nobody does.
        function signerOf(uint256 appId, uint256 epoch) external view returns (address);
        /// What vouchers of an open epoch, or of a later one, may spend, in wei.
        function feeCapOf(uint256 appId, uint256 epoch) external view returns (uint256);
        /// Units that were bought for an epoch.
        function commitmentOf(uint256 appId, uint256 epoch) external view returns (uint256);
        /// Units counted in an open epoch and the wei that they cost; (0, 0) of epochs that are no longer kept.
        function usageOf(uint256 appId, uint256 epoch) external view returns (uint256 units, uint256 spent);
        /// An app's money in wei: escrow, grants, what is leaving escrow, when that may be taken (0 when nothing is), and
        /// the builder's credit.
        function accountOf(uint256 appId) external view returns (uint256 escrow, uint256 grants, uint256 exiting, uint256 exitAt, uint256 credit);
        /// When an app was last registered, charged or paid for; the last epoch with a commitment (0 for none); whether it
        /// is closed, in which epoch, and whether its money was returned.
        function lifeOf(uint256 appId) external view returns (uint256 activeAt, uint256 committedThrough, bool closed, uint256 closedIn, bool released);

        /// Escrow grew by `amount` to `escrow`.
        event ToppedUp(uint256 indexed appId, address indexed payer, uint256 amount, uint256 escrow);
        /// Grants grew by `amount` to `grants`.
        event Sponsored(uint256 indexed appId, address indexed sponsor, uint256 amount, uint256 grants);
        /// `units` were bought for each of `epochs` epochs from `firstEpoch` on, for `cost` wei an epoch, of which `builder`
        /// wei an epoch were credited.
        event Committed(uint256 indexed appId, address indexed payer, uint256 firstEpoch, uint256 epochs, uint256 units, uint256 cost, uint256 builder);
        /// `amount` was paid in `epoch`, of which `builder` wei were credited.
        event Paid(uint256 indexed appId, address indexed payer, uint256 indexed epoch, uint256 amount, uint256 builder, bytes32 memo);
        /// Units were counted, `cumulativeUnits` in all now: `committed` of them were bought before, the others paid from
        /// grants and escrow, and `builder` wei credited. `status` says why not more.
        event Settled(uint256 indexed appId, uint256 indexed epoch, Status status, uint256 cumulativeUnits, uint256 committed, uint256 granted, uint256 escrowed, uint256 builder);
        /// Nothing of a voucher of a batch was counted.
        event NotSettled(uint256 indexed appId, uint256 indexed epoch, Status status, uint256 cumulativeUnits);
        /// `amount` leaves escrow at `exitAt`.
        event ExitRequested(uint256 indexed appId, uint256 amount, uint256 exitAt);
        /// `amount` is back in escrow.
        event ExitCancelled(uint256 indexed appId, uint256 amount);
        /// `amount` left escrow for the owner.
        event Exited(uint256 indexed appId, address indexed owner, uint256 amount);
        /// `amount` of builder's credit is the owner's stake.
        event BuilderClaimed(uint256 indexed appId, address indexed owner, uint256 amount);
        /// The treasury has its parts.
        event TreasuryPulled(address indexed treasury, uint256 amount);
        /// `amount` is burned.
        event Burned(uint256 amount);
        /// The fees of an epoch are split: the parts are `own + granted`.
        event FeesClosed(uint256 indexed epoch, uint256 own, uint256 granted, uint256 miners, uint256 stakers, uint256 builders, uint256 treasury, uint256 burn);
        /// The app is open, as `owner` has it.
        event AppOpened(uint256 indexed appId, address indexed owner, address indexed signer, uint256 feeCap);
        /// The app and its money belong to `owner`.
        event AppOwnerChanged(uint256 indexed appId, address indexed owner);
        /// Vouchers of `fromEpoch` on are signed by `signer`.
        event SignerChanged(uint256 indexed appId, address indexed signer, uint256 fromEpoch);
        /// Epochs from `fromEpoch` on have this cap; open ones the larger of it and their own.
        event FeeCapChanged(uint256 indexed appId, uint256 feeCap, uint256 fromEpoch);
        /// The app is closed; its money may be returned from `releaseAt` on.
        event AppClosed(uint256 indexed appId, uint256 indexed epoch, uint256 releaseAt);
        /// A closed app's escrow was paid to its owner, and its grants became income of `epoch`.
        event AppReleased(uint256 indexed appId, address indexed owner, uint256 escrow, uint256 grants, uint256 epoch);
        /// A unit costs `unitPrice` wei from `fromEpoch` on.
        event UnitPriceChanged(uint256 unitPrice, uint256 fromEpoch);
        /// Commitments made from `fromEpoch` on have this discount.
        event DiscountChanged(uint256 discount, uint256 fromEpoch);
        /// Fees of `fromEpoch` and later epochs are split like this.
        event SplitChanged(uint256 minersShare, uint256 treasuryShare, uint256 burnShare, uint256 fromEpoch);
        /// `treasury` will be paid from `activeAt` on; a further appointment before then replaces this one.
        event TreasuryAppointed(address indexed treasury, uint256 activeAt);
        /// The contracts that call this one are named, for good.
        event FeesWired(address indexed agentStore, address indexed minerPool);

        /// An amount of zero does nothing.
        error ZeroAmount();
        /// `amount` is beyond what can be held, `maximum`.
        error AmountTooLarge(uint256 amount, uint256 maximum);
        /// There is no such app.
        error UnknownAppId(uint256 appId);
        /// There is such an app already.
        error AppExists(uint256 appId);
        /// The app was closed in `epoch`.
        error AppIsClosed(uint256 appId, uint256 epoch);
        /// The app is open.
        error AppIsOpen(uint256 appId);
        /// The app's money was returned.
        error AlreadyReleased(uint256 appId);
        /// The caller does not own the app.
        error NotAppOwner(uint256 appId, address account);
        /// A commitment covers epochs up to `through`; `running` is the running one.
        error CommitmentRunning(uint256 through, uint256 running);
        /// The app was last active at `activeAt`, less than 182 days ago: it may be closed from `time` on.
        error NotIdle(uint256 activeAt, uint256 time);
        /// A commitment is for 1 to `maximum` epochs.
        error EpochsOutOfBounds(uint256 epochs, uint256 maximum);
        /// Units are counted in 64 bits.
        error UnitsTooMany(uint256 units, uint256 maximum);
        /// Not one unit of the voucher was counted; `preview` has the numbers.
        error NothingSettled(uint256 appId, uint256 epoch, Status status);
        /// A batch has at most `maximum` vouchers.
        error BatchTooLarge(uint256 count, uint256 maximum);
        /// `escrow` is there, less than `asked`.
        error InsufficientEscrow(uint256 asked, uint256 escrow);
        /// `amount` is leaving already, and may be taken at `exitAt`.
        error ExitPending(uint256 amount, uint256 exitAt);
        /// Nothing is leaving.
        error NoExit(uint256 appId);
        /// Vouchers still count until `until`; it is `time` now.
        error StillOpen(uint256 until, uint256 time);
        /// There is nothing to take.
        error NothingToTake();
        /// Only the wired agent-store opens, changes and closes apps.
        error NotAgentStore(address account);
        /// Only the wired pool closes epochs.
        error NotMinerPool(address account);
        /// Epochs are closed in order; `next` is the next one.
        error WrongEpoch(uint256 epoch, uint256 next);
        /// The contracts are named already.
        error AlreadyWired(address agentStore, address minerPool);
        /// `callee` was to name `expected` but names `named`.
        error WrongPeer(address callee, address named, address expected);
        /// There is no code at the board's address.
        error BoardHasNoCode(address board);
        /// An account of zero.
        error InvalidAccount(address account);
        /// A number left its range; nothing that can be reached by calls does.
        error ArithmeticOverflow();

        /// Seconds of grace, and their bounds.
        error GraceOutOfBounds(uint256 grace, uint256 minimum, uint256 maximum);
        /// The price of a unit in wei, and its bounds.
        error UnitPriceOutOfBounds(uint256 unitPrice, uint256 minimum, uint256 maximum);
        /// The discount in parts of 10,000, and its bound.
        error DiscountOutOfBounds(uint256 discount, uint256 maximum);
        /// Miners have 5,000 to 8,500 parts of 10,000, treasury and burn 500 to 3,000 each and together at least 1,500,
        /// builders at most 1,000, and all of them at most the whole.
        error SplitOutOfBounds(uint256 minersShare, uint256 treasuryShare, uint256 burnShare, uint256 buildersShare);
    }
}

crate::words! {
    /// The fee-board: code that app-fees runs on its own storage. What it answers are words of [`AppFees`], at the address
    /// of app-fees; at its own there is nothing to call.
    interface FeeBoard {
        /// It is given nothing.
        constructor();
    }
}
