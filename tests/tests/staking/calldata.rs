//! Calldata that no client sends: cut, dirty, too long, with ETH. Whatever comes is answered, or refused with an error of
//! the ABI, or, when it is no call at all, refused without a word.

use abi::{CorToken, Staking};
use alloy::json_abi::{Function, JsonAbi};
use alloy_primitives::{Address, Bytes, U256, hex};
use alloy_sol_types::{SolCall, SolInterface};
use serde_json::json;
use system_tests::{
    chain::Refused,
    staking::{ADA, World, cor},
};

/// Calldata of more bytes is read into memory of its own.
const SHORT: usize = 16 * 1024;

/// Arguments that are all zeros, or all of whose bits are set as far as their type allows.
fn arguments(function: &Function, full: bool) -> Vec<[u8; 32]> {
    let word = |kind: &str| {
        let mut word = [0; 32];
        word[32 - width(kind)..].fill(if full { 0xff } else { 0 });
        word
    };
    function.inputs.iter().map(|input| word(&input.ty)).collect()
}

/// How many bytes of its word a type has.
fn width(kind: &str) -> usize {
    match (kind, kind.strip_prefix("uint")) {
        ("address", _) => 20,
        ("bytes32", _) => 32,
        (_, Some(bits)) => bits.parse::<usize>().expect("bits") / 8,
        _ => panic!("no function takes {kind}"),
    }
}

fn call(function: &Function, words: &[[u8; 32]]) -> Vec<u8> {
    [function.selector().as_slice(), words.as_flattened()].concat()
}

fn without_a_word(outcome: Result<Bytes, Refused>, what: &str) {
    match outcome {
        Ok(data) => panic!("{what} was answered with {data}"),
        Err(Refused(data)) => assert_eq!(data, Bytes::new(), "{what}"),
    }
}

async fn answers_or_says_why<E: SolInterface>(world: &World, contract: Address, abi: &JsonAbi) {
    let ask = async |input: &[u8], value| world.chain.try_bytes(ADA, contract, input, value).await;
    for length in 0..4 {
        without_a_word(ask(&[0x70; 4][..length], 0).await, "less than a selector");
    }
    without_a_word(ask(&[0xde, 0xad, 0xbe, 0xef], 0).await, "no function's selector");

    for function in abi.functions() {
        let name = &function.name;
        for full in [false, true] {
            let words = arguments(function, full);
            let input = call(function, &words);
            let answer = ask(&input, 0).await;
            if let Err(Refused(data)) = &answer {
                assert!(E::abi_decode(data).is_ok(), "{name} was refused with {data}");
            }
            // What lies behind the arguments changes nothing, however much it is.
            let answer = answer.map_err(|it| it.0);
            for length in [SHORT, SHORT + 1, 90_000] {
                let mut longer = input.clone();
                longer.resize(length, 0xee);
                let again = ask(&longer, 0).await.map_err(|it| it.0);
                assert_eq!(answer, again, "{name} with more behind it, {length} bytes in all");
            }
            without_a_word(ask(&input, 1).await, "ETH");
            for end in 4..input.len() {
                without_a_word(ask(&input[..end], 0).await, &format!("{name} cut to {end} bytes"));
            }
        }
        // A bit above a narrow type.
        for (place, input) in function.inputs.iter().enumerate().filter(|(_, input)| width(&input.ty) < 32) {
            let mut words = arguments(function, false);
            words[place][31 - width(&input.ty)] = 1;
            without_a_word(ask(&call(function, &words), 0).await, &format!("dirt above {} of {name}", input.name));
        }
    }
}

#[tokio::test]
async fn staking_refuses_what_is_no_call_and_says_why_it_refuses_others() {
    let world = World::start().await;
    world.stake(ADA, cor(10)).await;
    answers_or_says_why::<Staking::StakingErrors>(&world, world.staking, &Staking::abi::contract()).await;
}

#[tokio::test]
async fn the_token_refuses_what_is_no_call_and_says_why_it_refuses_others() {
    let world = World::start().await;
    answers_or_says_why::<CorToken::CorTokenErrors>(&world, world.token, &CorToken::abi::contract()).await;
}

#[tokio::test]
async fn views_answer_where_nothing_may_change_and_others_do_not() {
    let world = World::start().await;
    // A contract that asks staking with STATICCALL whatever it is asked, and passes the answer on.
    let asker = world.chain.place();
    let code = [
        &hex!("365f5f375f5f365f73")[..],
        world.staking.as_slice(),
        &hex!("5afa3d5f5f3e6029573d5ffd5b3d5ff3"), // The JUMPDEST is byte 0x29.
    ];
    world.chain.get("anvil_setCode", json!([asker, Bytes::from(code.concat())])).await;
    let ask = async |input: Vec<u8>| world.chain.try_bytes(ADA, asker, &input, 0).await;
    let totals = ask(Staking::totalsCall {}.abi_encode()).await.expect("a view");
    assert_eq!(Staking::totalsCall::abi_decode_returns(&totals).expect("totals").staked, U256::ZERO);
    assert!(ask(Staking::stakeCall { amount: cor(1) }.abi_encode()).await.is_err());
}
