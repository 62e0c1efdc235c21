//! Apps: who owns them, their bond, what they say of themselves, what they may use for free.

crate::common::with_common! {
    /// The agent store: where apps are registered. An app is what its terms say, and there is no plan to switch: a free
    /// allowance, a fee cap, a commitment. Those who only show something have the first, those who earn raise the others.
    ///
    /// Free usage moves no COR and is not counted here: routers enforce allowances, attesters publish what was used.
    interface AgentStore {
        /// Refuses what is out of bounds. `owner`, `guardian` and `curator` are arguments, for whoever deploys through a
        /// factory is not the caller; `guardian` and `curator` may be zero. COR and the epoch clock are those of `appFees`.
        /// `bond` is what every app leaves here, in wei; `freeBudget` and `starter` are units per epoch; `delay` (of roles) is
        /// seconds.
        constructor(
            address owner, address guardian, address curator, address appFees,
            uint256 bond, uint256 freeBudget, uint256 starter, uint64 delay
        );

        /// Registers an app of the caller's, for the bond, which it has approved. `signer` signs its vouchers and `feeCap` is
        /// what these may spend in an epoch, in wei; both hold at once, and app-fees keeps them. From the next epoch on the app has the starter
        /// allowance, as far as the free budget has room. `uri` has at most 512 bytes. Pausable.
        function register(address signer, uint256 feeCap, bytes32 category, bytes32 contentHash, string uri) external returns (uint256 appId);
        /// Says anew what the app is. The app's owner only.
        function update(uint256 appId, bytes32 category, bytes32 contentHash, string uri) external;
        /// Vouchers of the next epoch on are signed by `signer`; those of epochs up to the running one by the signer before.
        /// The app's owner only.
        function setSigner(uint256 appId, address signer) external;
        /// Sets what vouchers of an epoch may spend, in wei, from the next epoch on; open epochs get the larger of it and
        /// their own. The app's owner only.
        function setFeeCap(uint256 appId, uint256 feeCap) external;
        /// Offers the app, with its money, to `newOwner`, who must accept it; zero takes the offer back. The app's owner only.
        function transferApp(uint256 appId, address newOwner) external;
        /// Takes an app that was offered to the caller.
        function acceptApp(uint256 appId) external;
        /// Closes the app for good. Vouchers of the running epoch and earlier ones still count until they would have anyhow.
        /// Refused while a commitment covers the running epoch or a later one. The app's owner; the curator when it has been
        /// idle for 182 days.
        function closeApp(uint256 appId) external;
        /// Pays bond, escrow and exit of a closed app to its owner, once no voucher of it can count any more. Anyone may.
        function returnBond(uint256 appId) external returns (uint256 bond);
        /// Sets the app's allowance, in units per epoch, from the next epoch on, as far as the free budget has room. The
        /// curator only.
        function allot(uint256 appId, uint256 units) external;

        /// Sets the free budget of all apps together and the starter allowance, in units per epoch, from the next epoch on:
        /// the budget never below what is allotted, the starter at most 1% of the budget. The owner only.
        function setFreeBudget(uint256 budget, uint256 starter) external;
        /// The curator is `curator`, `delay` seconds from now. The owner only.
        function setCurator(address curator) external;
        /// Offers the ownership to `newOwner`, who must accept it; zero takes the offer back. The owner only.
        function transferOwnership(address newOwner) external;
        /// Takes an ownership that was offered to the caller.
        function acceptOwnership() external;
        /// Makes `guardian` the guardian, `delay` seconds from now. The owner only.
        function setGuardian(address guardian) external;
        /// Closes register. The guardian or the owner.
        function pause() external;
        /// Opens it again. The owner only.
        function unpause() external;

        /// COR.
        function token() external view returns (address);
        /// Who may set, appoint, pause and unpause.
        function owner() external view returns (address);
        /// Whom the ownership is offered to, or zero.
        function pendingOwner() external view returns (address);
        /// Who may pause, now.
        function guardian() external view returns (address);
        /// The guardian to come and since when it will be; (zero, 0) when there is none.
        function pendingGuardian() external view returns (address guardian, uint256 activeAt);
        /// Who may allot, now.
        function curator() external view returns (address);
        /// The curator to come and since when it will be; (zero, 0) when there is none.
        function pendingCurator() external view returns (address curator, uint256 activeAt);
        /// Whether registering is closed.
        function paused() external view returns (bool);
        /// Where apps pay.
        function appFees() external view returns (address);
        /// Seconds after which a new guardian or curator holds.
        function delay() external view returns (uint256);
        /// What every app leaves here while it is registered, in wei.
        function bond() external view returns (uint256);
        /// How many apps were ever registered; their ids are 1 up to this.
        function apps() external view returns (uint256);
        /// All bonds that are held, in wei: all that this contract owes.
        function bonds() external view returns (uint256);
        /// An app's owner, whom it is offered to, its bond in wei, and whether it is closed.
        function app(uint256 appId) external view returns (address owner, address pendingOwner, uint256 bond, bool closed);
        /// Units that an app may use for free in an epoch; of later epochs: as set by now.
        function allowanceOf(uint256 appId, uint256 epoch) external view returns (uint256);
        /// Units that all apps together may use for free in an epoch, and what a new app gets.
        function freeBudgetOf(uint256 epoch) external view returns (uint256 budget, uint256 starter);
        /// Units that are allotted to apps, per epoch, from the next epoch on.
        function allotted() external view returns (uint256);

        /// The app is registered, for `bond` wei.
        event Registered(uint256 indexed appId, address indexed owner, address indexed signer, uint256 feeCap, uint256 bond);
        /// What the app says of itself.
        event Described(uint256 indexed appId, bytes32 indexed category, bytes32 contentHash, string uri);
        /// `newOwner` may accept the app; zero takes an offer back.
        event AppTransferStarted(uint256 indexed appId, address indexed previousOwner, address indexed newOwner);
        /// The app belongs to `newOwner`.
        event AppTransferred(uint256 indexed appId, address indexed previousOwner, address indexed newOwner);
        /// The app is closed by its owner or the curator.
        event Closed(uint256 indexed appId, address indexed account);
        /// The bond went to the owner.
        event BondReturned(uint256 indexed appId, address indexed owner, uint256 bond);
        /// The app may use `units` per epoch for free from `fromEpoch` on; all apps together have `allotted`.
        event Allotted(uint256 indexed appId, uint256 units, uint256 fromEpoch, uint256 allotted);
        /// The free budget and the starter allowance of `fromEpoch` on.
        event FreeBudgetChanged(uint256 budget, uint256 starter, uint256 fromEpoch);
        /// `curator` will hold the role from `activeAt` on; a further appointment before then replaces this one.
        event CuratorAppointed(address indexed curator, uint256 activeAt);

        /// The caller does not own the app.
        error NotAppOwner(uint256 appId, address account);
        /// The app was not offered to the caller.
        error AppNotOffered(uint256 appId, address account);
        /// Only the curator.
        error NotCurator(address account);
        /// Nobody can sign as this.
        error InvalidSigner(address signer);
        /// The app is closed.
        error AppIsClosed(uint256 appId);
        /// The app is open.
        error AppIsOpen(uint256 appId);
        /// There is no such app.
        error UnknownAppId(uint256 appId);
        /// The bond was returned.
        error BondAlreadyReturned(uint256 appId);
        /// The uri has `length` bytes, more than `maximum`.
        error UriTooLong(uint256 length, uint256 maximum);
        /// `units` are asked for, and the free budget has room for `room`.
        error NoFreeRoom(uint256 units, uint256 room);
        /// The free budget, and its bounds: what is allotted, and 64 bits.
        error FreeBudgetOutOfBounds(uint256 budget, uint256 minimum, uint256 maximum);
        /// The starter allowance, and its bound: 1% of the budget.
        error StarterOutOfBounds(uint256 starter, uint256 maximum);
        /// The bond in wei, and its bound.
        error BondOutOfBounds(uint256 bond, uint256 maximum);
        /// A number left its range; nothing that can be reached by calls does.
        error ArithmeticOverflow();
    }
}
