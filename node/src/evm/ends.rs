//! Why a frame ended as it did, in geth's words.

use revm::interpreter::InstructionResult;

/// Why a frame did not succeed.
pub(super) fn error(end: InstructionResult) -> &'static str {
    match halt_text(end) {
        Some(text) => text,
        None if end.is_revert() => "execution reverted",
        None => "execution failed",
    }
}

/// Why a frame failed; nothing for a success and for a revert, whose data speak for it.
pub(super) fn halt_text(end: InstructionResult) -> Option<&'static str> {
    use InstructionResult as R;
    Some(match end {
        R::OutOfGas | R::MemoryOOG | R::MemoryLimitOOG | R::PrecompileOOG | R::InvalidOperandOOG => "out of gas",
        R::ReentrancySentryOOG => "not enough gas for reentrancy sentry",
        R::OpcodeNotFound | R::InvalidFEOpcode | R::NotActivated | R::InvalidImmediateEncoding => "invalid opcode",
        R::CallNotAllowedInsideStatic | R::StateChangeDuringStaticCall => "write protection",
        R::InvalidJump => "invalid jump destination",
        R::StackUnderflow => "stack underflow",
        R::StackOverflow => "stack limit reached 1024",
        R::OutOfOffset => "return data out of bounds",
        R::CreateCollision => "contract address collision",
        R::NonceOverflow => "nonce uint64 overflow",
        R::CreateContractSizeLimit => "max code size exceeded",
        R::CreateContractStartingWithEF => "invalid code: must not begin with 0xef",
        R::CreateInitCodeSizeLimit => "max initcode size exceeded",
        R::CallTooDeep => "max call depth exceeded",
        R::OutOfFunds => "insufficient balance for transfer",
        R::PrecompileError => "precompile failed",
        R::OverflowPayment => "balance overflow",
        _ => return None,
    })
}
