//! One frame of a Stylus program.

use revm::interpreter::InterpreterResult;

use super::frames::Machine;

/// Starts the code of a program.
const PROGRAM: [u8; 3] = [0xef, 0xf0, 0x00];

/// Starts one piece of a program that is too large for one account.
const FRAGMENT: [u8; 3] = [0xef, 0xf0, 0x01];

/// Starts the code of a program that lists its pieces.
const ROOT: [u8; 3] = [0xef, 0xf0, 0x02];

/// Whether code is a program's, at an ArbOS version.
pub(super) fn is_program(code: &[u8], arbos: u64) -> bool {
    let Some((prefix, [_, ..])) = code.split_first_chunk() else { return false };
    arbos >= 30 && (*prefix == PROGRAM || *prefix == ROOT && arbos >= 60)
}

/// Whether code that starts with 0xEF may be deployed all the same, at an ArbOS version.
pub(super) fn may_be_created(code: &[u8], arbos: u64) -> bool {
    is_program(code, arbos) || arbos >= 60 && code.len() > FRAGMENT.len() && code.starts_with(&FRAGMENT)
}

/// Runs the program on top of the stack to its end.
pub(super) fn run(machine: &mut Machine<'_>) -> InterpreterResult {
    let _ = machine;
    unimplemented!()
}
