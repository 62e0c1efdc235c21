//! COR as an ERC-20, for networks that have none.

crate::words! {
    /// ERC-20 with metadata, burn, ERC-2612 permit and ERC-5267; the supply is fixed, nobody owns it.
    /// Events and errors are those of ERC-20, ERC-2612 and ERC-6093, by OpenZeppelin's names.
    interface CorToken {
        /// Mints the whole supply, 1,000,000,000 COR, to `holder`.
        constructor(address holder);

        /// "Cortensor".
        function name() external view returns (string memory);
        /// "COR".
        function symbol() external view returns (string memory);
        /// 18.
        function decimals() external view returns (uint8);
        /// What was minted less what was burnt, in wei.
        function totalSupply() external view returns (uint256);
        /// The wei that `account` holds.
        function balanceOf(address account) external view returns (uint256);
        /// The wei that `spender` may still move for `owner`.
        function allowance(address owner, address spender) external view returns (uint256);

        /// Moves `value` from the caller to `to`. Always true, or it reverts.
        function transfer(address to, uint256 value) external returns (bool);
        /// Lets `spender` move up to `value` of the caller's. From 2^255 on an allowance is without limit: spending
        /// does not write it down.
        function approve(address spender, uint256 value) external returns (bool);
        /// Moves `value` from `from` to `to` and takes it off the caller's allowance.
        function transferFrom(address from, address to, uint256 value) external returns (bool);
        /// Destroys `value` of the caller's; the total supply falls.
        function burn(uint256 value) external;
        /// Destroys `value` of `account`'s and takes it off the caller's allowance.
        function burnFrom(address account, uint256 value) external;

        /// Sets the allowance by `owner`'s ERC-2612 signature. `deadline` is inclusive: it holds in the block of that second.
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        /// The nonce that the next permit of `owner` signs.
        function nonces(address owner) external view returns (uint256);
        /// The EIP-712 domain separator of this contract on this chain, computed at each call.
        function DOMAIN_SEPARATOR() external view returns (bytes32);
        /// ERC-5267: the fields of the domain (0x0f: name, version, chain id, contract).
        function eip712Domain() external view returns (
            bytes1 fields, string memory name, string memory version, uint256 chainId,
            address verifyingContract, bytes32 salt, uint256[] memory extensions
        );

        /// `value` moved; `from` is zero when minted, `to` zero when burnt.
        event Transfer(address indexed from, address indexed to, uint256 value);
        /// `spender` may move `value` of `owner`'s; not emitted when spending writes an allowance down.
        event Approval(address indexed owner, address indexed spender, uint256 value);

        /// `sender` holds `balance`, less than `needed`.
        error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
        /// Nothing comes from zero but what is minted, not even nothing.
        error ERC20InvalidSender(address sender);
        /// Nothing can be sent to zero: burn instead.
        error ERC20InvalidReceiver(address receiver);
        /// `spender` may move `allowance`, less than `needed`.
        error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
        /// Zero cannot be given an allowance.
        error ERC20InvalidSpender(address spender);
        /// The permit held until `deadline`, which is past.
        error ERC2612ExpiredSignature(uint256 deadline);
        /// The permit was signed by `signer`, not by `owner`, or over other values.
        error ERC2612InvalidSigner(address signer, address owner);
        /// The signature belongs to nobody.
        error ECDSAInvalidSignature();
        /// The signature's s is in the upper half of its range, where each signature has a twin.
        error ECDSAInvalidSignatureS(bytes32 s);
    }
}
