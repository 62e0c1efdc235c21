//! Calls that are made one after the other by an account and never sent: what a token would do.

use alloy::{
    eips::BlockNumberOrTag,
    rpc::types::state::{AccountOverride, StateOverride},
};
use alloy_primitives::{Address, Bytes, U256};
use anyhow::{Context, Result, anyhow};

use crate::chain::{Chain, Order};

/// Where a program keeps an answer, and from where on its records are, in its memory.
const ANSWER: u16 = 0x1000;
const RECORDS: u16 = 0x1020;
/// Words of a record: whether the call was done, bytes of its answer, the answer's first word.
const WORDS: usize = 3;

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether it did not revert.
    pub(super) done: bool,
    /// Bytes of its answer.
    length: U256,
    /// The answer's first word; 0 where there is none.
    pub(super) word: U256,
}

impl Said {
    /// Whether it means yes where a bool is expected: old tokens answer nothing.
    pub(super) fn is_yes(self) -> bool {
        self.done && (self.length.is_zero() || self.word == U256::ONE)
    }
}

/// Makes these calls of a contract, as an account that has no code: for one call it is given some.
pub(super) async fn calls<const N: usize>(
    chain: &Chain,
    account: Address,
    contract: Address,
    calls: &[&[u8]; N],
) -> Result<[Said; N]> {
    let code = AccountOverride { code: Some(program(contract, calls)), ..AccountOverride::default() };
    let overrides: StateOverride = [(account, code)].into_iter().collect();
    let order = Order { to: account, value: U256::ZERO, input: Bytes::new(), gas: None };
    let answer = chain.ask(Address::ZERO, &order, BlockNumberOrTag::Latest, overrides).await?;
    let records = answer.map_err(|data| anyhow!("calls on paper reverted with {data}"))?;
    let said = |record: &[u8]| {
        let word = |index: usize| U256::from_be_slice(&record[32 * index..32 * (index + 1)]);
        Said { done: !word(0).is_zero(), length: word(1), word: word(2) }
    };
    let said: Vec<Said> = records.chunks_exact(32 * WORDS).map(said).collect();
    said.try_into().ok().context("calls on paper answered something else")
}

/// EVM code that calls a contract with each of these inputs in turn and returns a record of each.
fn program(contract: Address, calls: &[&[u8]]) -> Bytes {
    let mut code = Vec::new();
    let push = |code: &mut Vec<u8>, number: usize| {
        let [.., high, low] = number.to_be_bytes();
        code.extend([0x61, high, low]);
    };
    let mut record = usize::from(RECORDS);
    for input in calls {
        for (index, chunk) in input.chunks(32).enumerate() {
            let mut word = [0; 32];
            word[..chunk.len()].copy_from_slice(chunk);
            // PUSH32 word, PUSH2 offset, MSTORE.
            code.push(0x7f);
            code.extend(word);
            push(&mut code, 32 * index);
            code.push(0x52);
        }
        // No answer of the call before is taken for one of this: PUSH0, PUSH2 offset, MSTORE.
        code.push(0x5f);
        push(&mut code, ANSWER.into());
        code.push(0x52);
        // CALL, with what it takes from the last to the first: the answer's place, the input's, no value, whom, all gas.
        push(&mut code, 32);
        push(&mut code, ANSWER.into());
        push(&mut code, input.len());
        code.extend([0x5f, 0x5f, 0x73]);
        code.extend(contract);
        code.extend([0x5a, 0xf1]);
        // MSTORE of what it gave, of RETURNDATASIZE, of MLOAD of the answer.
        push(&mut code, record);
        code.extend([0x52, 0x3d]);
        push(&mut code, record + 32);
        code.push(0x52);
        push(&mut code, ANSWER.into());
        code.push(0x51);
        push(&mut code, record + 64);
        code.push(0x52);
        record += 32 * WORDS;
    }
    // RETURN of all records.
    push(&mut code, 32 * WORDS * calls.len());
    push(&mut code, RECORDS.into());
    code.push(0xf3);
    code.into()
}
