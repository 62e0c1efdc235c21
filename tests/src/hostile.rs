//! Tokens that misbehave: EVM code in front of a real cor-token, whose code it runs on its own storage.

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::{Revert, SolError};

/// What a token does instead of, or before, one of its functions.
#[derive(Clone, Debug)]
pub enum Trick {
    /// Moves, and answers false.
    False,
    /// Moves, and answers nothing, as some old tokens do.
    Silence,
    /// Moves 99% of what it was told.
    Fee,
    /// Refuses with a reason.
    Reason(&'static str),
    /// Calls somebody with this input first. Whatever that is refused with, it passes on.
    Call(Address, Bytes),
}

const FORWARD: u8 = 0x1d;
const TRICK: u8 = 0x50;

/// A token that behaves like the one at `token`, but for what it does when told the function of this selector.
pub fn code(token: Address, selector: [u8; 4], trick: &Trick) -> Bytes {
    let delegate = [&[0x5f, 0x5f, 0x36, 0x5f, 0x73][..], token.as_slice(), &[0x5a, 0xf4]].concat();
    // CALLDATACOPY all; if the selector is this one, JUMP to the trick.
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x35, 0x60, 0xe0, 0x1c, 0x63];
    code.extend(selector);
    code.extend([0x14, 0x60, TRICK, 0x57]);
    code.resize(FORWARD.into(), 0x5b);
    // DELEGATECALL, and pass on what comes.
    code.push(0x5b);
    code.extend(&delegate);
    let ok = code.len() as u8 + 10;
    code.extend([0x3d, 0x5f, 0x5f, 0x3e, 0x60, ok, 0x57, 0x3d, 0x5f, 0xfd, 0x5b, 0x3d, 0x5f, 0xf3]);
    assert!(code.len() <= TRICK.into());
    code.resize(TRICK.into(), 0x5b);
    code.push(0x5b);
    // PUSH2 length, PUSH2 offset, PUSH2 0x400, CODECOPY: the data at the end of the code, to memory.
    let copy = |code: &mut Vec<u8>, rest: usize, data: &[u8]| {
        let [length, offset] = [data.len(), code.len() + 10 + rest].map(|number| (number as u16).to_be_bytes());
        code.extend([0x61, length[0], length[1], 0x61, offset[0], offset[1], 0x61, 0x04, 0x00, 0x39]);
    };
    match trick {
        Trick::False => {
            code.extend(&delegate);
            code.extend([0x5f, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]);
        }
        Trick::Silence => {
            code.extend(&delegate);
            code.extend([0x5f, 0x5f, 0xf3]);
        }
        Trick::Fee => {
            // The amount is the last word of the input: memory[size - 32] = amount * 99 / 100.
            code.extend([0x60, 0x64, 0x60, 0x63, 0x60, 0x20, 0x36, 0x03, 0x35, 0x02, 0x04, 0x60, 0x20, 0x36, 0x03, 0x52]);
            code.extend([0x60, FORWARD, 0x56]);
        }
        Trick::Reason(reason) => {
            let data = Revert::from(*reason).abi_encode();
            copy(&mut code, 7, &data);
            let length = (data.len() as u16).to_be_bytes();
            code.extend([0x61, length[0], length[1], 0x61, 0x04, 0x00, 0xfd]);
            code.extend(data);
        }
        Trick::Call(to, data) => {
            let length = (data.len() as u16).to_be_bytes();
            let mut call = vec![0x5f, 0x5f, 0x61, length[0], length[1], 0x61, 0x04, 0x00, 0x5f, 0x73];
            call.extend(to.as_slice());
            // GAS, CALL, JUMPI to the real function; else REVERT with what came back.
            call.extend([0x5a, 0xf1, 0x60, FORWARD, 0x57, 0x3d, 0x5f, 0x5f, 0x3e, 0x3d, 0x5f, 0xfd]);
            copy(&mut code, call.len(), data);
            code.extend(call);
            code.extend(data);
        }
    }
    code.into()
}
