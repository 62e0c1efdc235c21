//! What several contracts share: ownership, pausing, the guard against re-entry, calls to a token.

/// Passes the shared words, with those of one contract behind them, to `words!`: the shared ones are written here only.
macro_rules! with_common {
    ($(#[$doc:meta])* interface $name:ident { $($own:tt)* }) => {
        $crate::words! {
            $(#[$doc])*
            interface $name {
                /// The owner is `newOwner` now; `previousOwner` is zero at construction.
                event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
                /// `newOwner` may accept the ownership; zero takes an offer back.
                event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);
                /// `guardian` will hold the role from `activeAt` on; a further appointment before then replaces this one.
                event GuardianAppointed(address indexed guardian, uint256 activeAt);
                /// People's own inflows are closed; exits never are.
                event Paused(address account);
                /// Inflows are open again.
                event Unpaused(address account);

                /// The caller is not the owner (or, where ownership is accepted, not the one it was offered to).
                error OwnableUnauthorizedAccount(address account);
                /// An owner of zero was given to a constructor.
                error OwnableInvalidOwner(address owner);
                /// Only the guardian and the owner pause.
                error NotGuardian(address account);
                /// The call is closed while paused.
                error EnforcedPause();
                /// There is no pause to lift.
                error ExpectedPause();
                /// The contract is in the middle of a call already.
                error ReentrancyGuardReentrantCall();
                /// A role's delay is below its bound, in seconds.
                error DelayTooShort(uint256 delay, uint256 minimum);
                /// There is no contract at the token's address.
                error TokenHasNoCode(address token);
                /// The token reverted; `reason` is what it said (at most its first 256 bytes).
                error TokenRefused(address token, bytes reason);
                /// The token returned something else than true.
                error TokenReturnedFalse(address token);
                /// The token moved another amount than was asked, as tokens with a transfer fee do.
                error TokenTookFee(address token, uint256 asked, uint256 received);
                /// Another contract of the network failed without saying why.
                error CallFailed(address callee);

                $($own)*
            }
        }
    };
}
pub(crate) use with_common;

with_common! {
    /// The shared words alone, for the code that several contracts share.
    interface Common {}
}

crate::words! {
    /// What a contract answers that wants to be wired to staking: whom it will call.
    interface Wired {
        /// The staking contract that this contract calls.
        function staking() external view returns (address);
    }
}
