//! What miners have earned and not yet taken: attested roots and claims.

crate::common::with_common! {
    /// The miners' rewards: holds each closed epoch's budget, and pays it out by Merkle roots that attesters vote for.
    ///
    /// A root is of a tree of `(miner, cumulativeAmount)` in OpenZeppelin's StandardMerkleTree format: it says what each
    /// miner has earned in all, so one claim takes everything and a missed epoch costs nothing. What miners have not
    /// claimed is only as safe as the attesters: a quorum of them that lies is stopped if the owner replaces them, which
    /// takes `delay`, before the root's `window` is over.
    interface MinerRewards {
        /// How a claim ended.
        enum ClaimStatus {
            /// Paid.
            Paid,
            /// All of it was paid before.
            NothingDue,
            /// More than `amount` was paid before.
            BelowClaimed,
            /// The proof leads to no active root.
            InvalidProof,
            /// The root's total would be exceeded.
            TotalExceeded,
            /// The token reverted the payout.
            TokenFailed
        }

        /// One claim of a batch.
        struct Claim {
            /// Who earned it.
            address miner;
            /// What the tree says: all that the miner earned so far, in wei.
            uint256 amount;
            /// From the leaf to the root.
            bytes32[] proof;
        }

        /// What a claim of a batch came to.
        struct ClaimResult {
            /// Why it was paid or not.
            ClaimStatus status;
            /// Wei that were paid.
            uint256 paid;
        }

        /// Refuses what is out of bounds. `owner` and `guardian` are arguments, for whoever deploys through a factory is not
        /// the caller; `guardian` may be zero (then nobody extends a root). COR and the epoch clock are those of `staking`.
        /// `delay` (of roles) and `window` (of a root) are seconds. Attesters are named afterwards.
        constructor(address owner, address guardian, address staking, uint64 delay, uint64 window);

        /// Counts `emission` and miners' part `fees` of a closed epoch, which have been paid to this contract already. The
        /// wired pool only, each epoch once, in order.
        function addBudget(uint256 epoch, uint256 emission, uint256 fees) external;

        /// Votes for a root: of a closed epoch later than the active root's, with `cumulativeTotal` at most what the epochs
        /// up to it were given, and not below the active root's. `dataHash` is of the published scores and tree, `uri` is
        /// where they are. A vote replaces the same attester's earlier one for that epoch, and counts for the epoch and the
        /// three values together. At quorum the root takes the pending place, if it is free. Attesters only.
        function vote(uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash, string uri) external;
        /// Puts up a root that had its quorum while another one was pending. Anyone may.
        function propose(uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash) external;
        /// Gives the pending root one more window, once, before its first is over. The guardian only.
        function extend() external;
        /// Makes the pending root the active one, or drops it if of today's attesters no quorum is behind it. Anyone may,
        /// after its window.
        function activate() external returns (bool active);
        /// Names the attesters and how many of them are a quorum, `delay` seconds from now; naming again before then replaces
        /// that. More than half are a quorum, there are at most 15, none is zero or named twice. The owner only.
        function setAttesters(address[] attesters, uint256 quorum) external;

        /// Pays what `miner` has earned by the active root and not yet got to its payout address. Anyone may.
        function claim(address miner, uint256 amount, bytes32[] proof) external returns (uint256 paid);
        /// Does so for many; one that cannot be paid is skipped, and its result says why. Anyone may.
        function claimMany(Claim[] claims) external returns (ClaimResult[] results);
        /// Stakes what `miner` has earned and not yet got, for its payout address. That address only.
        function claimAndStake(address miner, uint256 amount, bytes32[] proof) external returns (uint256 staked);
        /// Offers to pay `miner`'s claims to `payout`, which must accept; zero takes the offer back. By the miner, or, once
        /// there is a payout address, by that address only.
        function namePayout(address miner, address payout) external;
        /// Makes the caller the payout address of `miner`, if it was named.
        function acceptPayout(address miner) external;

        /// Names the pool, once and for all; it must name this contract. The owner only.
        function wire(address minerPool) external;
        /// Offers the ownership to `newOwner`, who must accept it; zero takes the offer back. The owner only.
        function transferOwnership(address newOwner) external;
        /// Takes an ownership that was offered to the caller.
        function acceptOwnership() external;
        /// Makes `guardian` the guardian, `delay` seconds from now. The owner only.
        function setGuardian(address guardian) external;

        /// COR.
        function token() external view returns (address);
        /// Who may wire and name attesters and the guardian.
        function owner() external view returns (address);
        /// Whom the ownership is offered to, or zero.
        function pendingOwner() external view returns (address);
        /// Who may extend a pending root, now.
        function guardian() external view returns (address);
        /// The guardian to come and since when it will be; (zero, 0) when there is none.
        function pendingGuardian() external view returns (address guardian, uint256 activeAt);
        /// The pool, or zero before `wire`.
        function minerPool() external view returns (address);
        /// Where claims are staked.
        function staking() external view returns (address);
        /// The first second of epoch 0.
        function genesis() external view returns (uint256);
        /// Seconds of an epoch.
        function epochLength() external view returns (uint256);
        /// Seconds after which new attesters and a new guardian hold.
        function delay() external view returns (uint256);
        /// Seconds from a root's quorum until it can become active.
        function window() external view returns (uint256);

        /// The attesters of now.
        function attesters() external view returns (address[] attesters);
        /// How many attesters there are now, and how many of them are a quorum.
        function quorum() external view returns (uint256 attesters, uint256 quorum);
        /// The attesters to come, how many will be a quorum, and from when on; (empty, 0, 0) when there are none.
        function pendingAttesters() external view returns (uint256 quorum, uint256 activeAt, address[] attesters);
        /// How many of today's attesters stand behind a root.
        function votes(uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash) external view returns (uint256);
        /// The first 24 bytes of the hash of what `attester` voted for in `epoch`, as `ballot` gives it; zero if it did not.
        function voteOf(uint256 epoch, address attester) external view returns (bytes24 ballot);
        /// What stands for a root in votes: the first 24 bytes of keccak256(abi.encode(epoch, root, cumulativeTotal, dataHash)).
        function ballot(uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash) external view returns (bytes24 ballot);
        /// The root by which miners claim; zeros before the first.
        function activeRoot() external view returns (uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash, uint256 activatedAt);
        /// The root that waits for its window, and whether it was extended; zeros when there is none.
        function pendingRoot() external view returns (uint256 epoch, bytes32 root, uint256 cumulativeTotal, bytes32 dataHash, uint256 readyAt, bool extended);

        /// The epochs that have a budget: from `first` to before `next`; both 0 before the first.
        function epochs() external view returns (uint256 first, uint256 next);
        /// The budgets of all epochs up to this one together, in wei: the most that its root's total may be.
        function budgetThrough(uint256 epoch) external view returns (uint256);
        /// All budgets, and what was paid of them, in wei. The difference is all that this contract owes.
        function totals() external view returns (uint256 budgets, uint256 paid);
        /// What `miner` has got so far, in wei.
        function claimed(address miner) external view returns (uint256);
        /// What `claim` would pay now, and why not more.
        function claimable(address miner, uint256 amount, bytes32[] proof) external view returns (ClaimStatus status, uint256 due);
        /// Where `miner`'s claims are paid: the miner itself, unless it named another address that accepted.
        function payoutOf(address miner) external view returns (address);
        /// Who may become `miner`'s payout address, or zero.
        function pendingPayout(address miner) external view returns (address);

        /// `epoch` gave `emission` and `fees`; `budgets` is the sum of all budgets.
        event BudgetAdded(uint256 indexed epoch, uint256 emission, uint256 fees, uint256 budgets);
        /// `attester` stands behind this root; `uri` is where its scores and tree are published.
        event Voted(uint256 indexed epoch, address indexed attester, bytes32 indexed root, uint256 cumulativeTotal, bytes32 dataHash, string uri);
        /// The root has its quorum and can become active at `readyAt`.
        event RootProposed(uint256 indexed epoch, bytes32 indexed root, uint256 cumulativeTotal, bytes32 dataHash, uint256 readyAt);
        /// The guardian gave the pending root until `readyAt`.
        event RootExtended(uint256 indexed epoch, bytes32 indexed root, uint256 readyAt);
        /// Miners claim by this root now.
        event RootActivated(uint256 indexed epoch, bytes32 indexed root, uint256 cumulativeTotal, bytes32 dataHash);
        /// The root had `votes` of today's attesters behind it, fewer than `quorum`, and is pending no more.
        event RootDropped(uint256 indexed epoch, bytes32 indexed root, uint256 votes, uint256 quorum);
        /// These are the attesters from `activeAt` on.
        event AttestersNamed(address[] attesters, uint256 quorum, uint256 activeAt);
        /// `amount` of `miner`'s was paid to `payout`; `total` in all so far.
        event Claimed(address indexed miner, address indexed payout, uint256 amount, uint256 total);
        /// `amount` of `miner`'s was staked for `payout`; `total` in all so far.
        event ClaimedToStake(address indexed miner, address indexed payout, uint256 amount, uint256 total);
        /// A claim of a batch was not paid.
        event ClaimSkipped(address indexed miner, uint256 amount, ClaimStatus status);
        /// `payout` may accept to be `miner`'s payout address; zero takes an offer back.
        event PayoutNamed(address indexed miner, address indexed payout);
        /// `miner`'s claims are paid to `payout`.
        event PayoutAccepted(address indexed miner, address indexed payout);
        /// The pool is named, for good.
        event MinerRewardsWired(address indexed minerPool);

        /// Only the wired pool adds budgets.
        error NotMinerPool(address account);
        /// The contract is wired already.
        error AlreadyWired(address minerPool);
        /// `caller` was to be wired but names `minerRewards`, not this contract.
        error NotWiredBack(address caller, address minerRewards);
        /// Budgets come epoch by epoch; `next` is the one to come.
        error EpochOutOfOrder(uint256 epoch, uint256 next);
        /// With this budget `owed` would be owed, and only `balance` is here.
        error BudgetNotPaid(uint256 owed, uint256 balance);

        /// The caller is not one of today's attesters.
        error NotAttester(address account);
        /// `epoch` is not closed; closed epochs are from `first` to before `next`.
        error EpochNotClosed(uint256 epoch, uint256 first, uint256 next);
        /// The active root is of `active`, not earlier than `epoch`.
        error EpochNotLater(uint256 epoch, uint256 active);
        /// The uri has `length` bytes, more than `maximum`.
        error UriTooLong(uint256 length, uint256 maximum);
        /// A batch of `length` claims is too long; `maximum` are taken at once.
        error BatchTooLong(uint256 length, uint256 maximum);
        /// A root is not zero.
        error ZeroRoot();
        /// The total exceeds the budgets of all epochs up to the root's.
        error TotalAboveBudget(uint256 cumulativeTotal, uint256 budget);
        /// The total is below the active root's.
        error TotalBelowActive(uint256 cumulativeTotal, uint256 active);
        /// Of today's attesters `votes` stand behind the root, fewer than `quorum`.
        error NoQuorum(uint256 votes, uint256 quorum);
        /// A root of `epoch` is pending until `readyAt`; at the latest then it becomes active or is dropped.
        error RootPending(uint256 epoch, uint256 readyAt);
        /// No root is pending.
        error NoPendingRoot();
        /// The pending root's window ends at `readyAt`; it is `time` now.
        error WindowOpen(uint256 readyAt, uint256 time);
        /// The pending root's window ended at `readyAt`; it is `time` now.
        error WindowOver(uint256 readyAt, uint256 time);
        /// The pending root was extended already, to `readyAt`.
        error AlreadyExtended(uint256 readyAt);
        /// A quorum is more than half of at most 15 attesters, and not more than all.
        error QuorumOutOfBounds(uint256 attesters, uint256 quorum);
        /// An attester is zero or named twice.
        error InvalidAttester(address attester);

        /// The proof leads from this leaf to no active root.
        error InvalidProof(address miner, uint256 amount);
        /// The proof is of the pending root, which can become active at `readyAt`.
        error RootNotActive(uint256 readyAt);
        /// `claimed` was paid already, all that the root says.
        error NothingToClaim(uint256 claimed);
        /// `claimed` was paid already, more than the `amount` of this root.
        error BelowClaimed(uint256 amount, uint256 claimed);
        /// With this claim `paid` would be paid, more than the root's total.
        error TotalExceeded(uint256 paid, uint256 cumulativeTotal);
        /// Only `payout`, where the miner's claims are paid, does this.
        error NotPayout(address account, address payout);
        /// The caller is not whom the miner's payout was offered to.
        error PayoutNotNamed(address account, address named);
        /// A number left its range; nothing that can be reached by calls does.
        error ArithmeticOverflow();

        /// Seconds of a root's window, and their bounds.
        error WindowOutOfBounds(uint256 window, uint256 minimum, uint256 maximum);
    }
}
