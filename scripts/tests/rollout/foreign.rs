//! A COR that was there before: what it can do is tried and said, and one that cannot be COR is refused before anything is sent.

use abi::{AppFees, CorToken, Staking};
use alloy::providers::Provider;
use alloy_primitives::{Address, Bytes, U256, keccak256};
use alloy_sol_types::SolCall;
use corflow::rollout::{Moment, Verdict, Watch};
use serde_json::{Value, json};

use crate::support::{DEPLOYER, Notes, STEPS, STRANGER, Stage, artifacts, go_on, killed_at};

/// What a contract does when it is called by one of its functions.
#[derive(Clone, Copy)]
pub(crate) enum Trick {
    /// It has no such function.
    Missing,
    /// It answers this and does nothing.
    Answer(u8),
    /// It moves 99 % of what it is told.
    Fee,
}

/// EVM code that does as the code at `honest` does, on its own storage, but for the functions with these selectors.
pub(crate) fn code(honest: Address, selectors: &[[u8; 4]], trick: Trick) -> Bytes {
    // CALLDATACOPY of all, and the selector.
    let mut code = vec![0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x35, 0x60, 0xe0, 0x1c];
    let tricked = code.len() + 11 * selectors.len() + 4;
    for selector in selectors {
        // DUP1, PUSH4, EQ, PUSH2, JUMPI.
        code.extend([0x80, 0x63]);
        code.extend(selector);
        code.extend([0x14, 0x61, (tricked >> 8) as u8, tricked as u8, 0x57]);
    }
    let forward = tricked + 0x20;
    code.extend([0x61, (forward >> 8) as u8, forward as u8, 0x56]);
    // The trick.
    code.push(0x5b);
    match trick {
        Trick::Missing => code.extend([0x5f, 0x5f, 0xfd]),
        Trick::Answer(answer) => code.extend([0x60, answer, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3]),
        // The amount is the last word of the input: memory[size - 32] = amount * 99 / 100.
        Trick::Fee => code.extend([
            0x60,
            0x64,
            0x60,
            0x63,
            0x60,
            0x20,
            0x36,
            0x03,
            0x35,
            0x02,
            0x04,
            0x60,
            0x20,
            0x36,
            0x03,
            0x52,
            0x61,
            (forward >> 8) as u8,
            forward as u8,
            0x56,
        ]),
    }
    assert!(code.len() <= forward);
    code.resize(forward, 0x5b);
    // DELEGATECALL, and what comes of it is passed on.
    code.extend([0x5b, 0x5f, 0x5f, 0x36, 0x5f, 0x73]);
    code.extend(honest);
    code.extend([0x5a, 0xf4, 0x3d, 0x5f, 0x5f, 0x3e]);
    let good = code.len() + 7;
    code.extend([0x61, (good >> 8) as u8, good as u8, 0x57, 0x3d, 0x5f, 0xfd, 0x5b, 0x3d, 0x5f, 0xf3]);
    code.into()
}

/// A chain with a COR of which the deployer has all, and parameters that name it.
struct Foreign {
    stage: Stage,
    token: Address,
    honest: Address,
}

impl Foreign {
    async fn new() -> Self {
        let stage = Stage::new().await;
        killed_at(&stage, "deploy staking", Moment::Signed).await;
        let token = stage.at("cor-token");
        stage.forget();
        std::fs::remove_file(stage.network.deployment()).expect("a record");
        stage.edit("# token = \"0x0000000000000000000000000000000000000000\"", &format!("token = \"{token}\""));
        let honest = Address::repeat_byte(0x77);
        let code = stage.provider.get_code_at(token).await.expect("code");
        stage.ask("anvil_setCode", json!([honest, code])).await;
        Self { stage, token, honest }
    }

    async fn turn(&self, selectors: &[[u8; 4]], trick: Trick) {
        self.stage.ask("anvil_setCode", json!([self.token, code(self.honest, selectors, trick)])).await;
    }

    /// What is said of it before anything is sent, or why it is refused.
    async fn said(&self) -> Result<String, String> {
        let mut notes = Notes::default();
        let before = self.stage.sent().await;
        let planned = self.stage.plan_heard(&mut notes).await;
        assert_eq!(self.stage.sent().await, before);
        planned.map(|_| notes.notes.join("\n")).map_err(|error| format!("{error:#}"))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_can_do_is_said_and_what_cannot_be_cor_is_refused() {
    let foreign = Foreign::new().await;
    let stage = &foreign.stage;
    let said = foreign.said().await.expect("a COR");
    for part in ["18 decimals", "moves what it is told", "burns by its own burn(uint256)", "has permit"] {
        assert!(said.contains(part), "{part}: {said}");
    }

    foreign.turn(&[CorToken::DOMAIN_SEPARATORCall::SELECTOR], Trick::Missing).await;
    assert!(foreign.said().await.expect("a COR").contains("has no permit: people approve before they stake"));
    let no_burn = "has no burn(uint256): what is burnt goes to 0x...dEaD";
    for trick in [Trick::Missing, Trick::Answer(1)] {
        foreign.turn(&[CorToken::burnCall::SELECTOR], trick).await;
        assert!(foreign.said().await.expect("a COR").contains(no_burn));
    }

    foreign.turn(&[CorToken::decimalsCall::SELECTOR], Trick::Answer(6)).await;
    let why = foreign.said().await.expect_err("other decimals");
    assert!(why.contains(&format!("the token at {} has 6 decimals; COR has 18", foreign.token)), "{why}");
    for selector in [CorToken::transferFromCall::SELECTOR, CorToken::transferCall::SELECTOR] {
        foreign.turn(&[selector], Trick::Fee).await;
        let why = foreign.said().await.expect_err("a fee");
        assert!(why.contains("it keeps a part of transfers, which the contracts do not accept"), "{why}");
        foreign.turn(&[selector], Trick::Missing).await;
        let why = foreign.said().await.expect_err("no transfers");
        assert!(why.contains("refuses transfer"), "{why}");
    }
    foreign.turn(&[], Trick::Missing).await;
    assert!(foreign.said().await.is_ok());

    // Too little of it for the allocations.
    let to = stage.node.accounts()[STRANGER].address;
    stage.send(DEPLOYER, foreign.token, CorToken::transferCall { to, value: U256::ONE }.abi_encode()).await;
    let why = foreign.said().await.expect_err("a wei too little");
    assert!(why.contains("and the deployer has 999999999999999999999999999: nothing was sent; bring the rest"), "{why}");

    stage.ask("anvil_setCode", json!([foreign.token, "0x00"])).await;
    assert!(foreign.said().await.expect_err("answers nothing").contains("is no ERC-20 token"));
    stage.ask("anvil_setCode", json!([foreign.token, "0x"])).await;
    assert!(foreign.said().await.expect_err("no contract").contains("there is no contract at"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_stands_on_a_token_without_permit_and_burn() {
    let foreign = Foreign::new().await;
    let stage = &foreign.stage;
    let missing = [CorToken::DOMAIN_SEPARATORCall::SELECTOR, CorToken::permitCall::SELECTOR, CorToken::burnCall::SELECTOR];
    foreign.turn(&missing, Trick::Missing).await;
    // In two runs: the second one has nothing left to try the token with.
    killed_at(stage, "start emission", Moment::Signed).await;
    go_on(stage).await;
    assert_eq!(stage.sent().await, STEPS - 1, "all but the bid for it");
    let ask = async |to: Address, input: Vec<u8>| -> Value {
        stage.ask("eth_call", json!([{"to": to, "input": Bytes::from(input)}, "latest"])).await
    };
    let word = |number: u64| json!(format!("{number:#066x}"));
    assert_eq!(ask(stage.at("app-fees"), AppFees::burnableCall {}.abi_encode()).await, word(0));
    let cor = ask(stage.at("staking"), Staking::tokenCall {}.abi_encode()).await;
    assert_eq!(cor, json!(foreign.token.into_word()));
    assert!(stage.record()["contracts"]["cor-token"]["constructor"].is_null());
    let survey = Watch::connect(&stage.network).await.expect("connected").survey(artifacts()).await.expect("a survey");
    assert_eq!(survey.of(Verdict::Drift).count(), 0, "{survey:?}");
    let code = stage.provider.get_code_at(foreign.token).await.expect("code");
    assert_eq!(keccak256(&code), keccak256(self::code(foreign.honest, &missing, Trick::Missing)), "still the foreign one");
}
