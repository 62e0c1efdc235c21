//! An app's owner pays by voucher: escrow, a signature under EIP-712, a batch.

use ethers::{
    abi::Token,
    signers::{LocalWallet, Signer},
    types::{U256, transaction::eip712::TypedData},
};
use serde_json::json;
use system_tests::fees::{Network, PRICE};

use crate::client::{ask, client, contract, refusal, send};

/// A voucher as the ABI has it.
type Voucher = (U256, U256, U256, u8, [u8; 32], [u8; 32]);
/// What was taken for one: status, units, committed, granted, escrowed.
type Taken = (u8, U256, U256, U256, U256);

/// A voucher, signed by ethers' own EIP-712.
async fn voucher(network: &Network, wallet: &LocalWallet, app: U256, epoch: u64, units: u64) -> Voucher {
    let field = |name: &str, kind: &str| json!({ "name": name, "type": kind });
    let typed: TypedData = serde_json::from_value(json!({
        "types": {
            "EIP712Domain": [field("name", "string"), field("version", "string"), field("chainId", "uint256"), field("verifyingContract", "address")],
            "Usage": [field("appId", "uint256"), field("epoch", "uint256"), field("cumulativeUnits", "uint256")],
        },
        "primaryType": "Usage",
        "domain": { "name": "Cortensor App Fees", "version": "1", "chainId": network.chain.node.chain_id(), "verifyingContract": network.fees },
        "message": { "appId": app.to_string(), "epoch": epoch.to_string(), "cumulativeUnits": units.to_string() },
    }))
    .expect("typed data");
    let signature = wallet.sign_typed_data(&typed).await.expect("a signature");
    let (mut r, mut s) = ([0; 32], [0; 32]);
    signature.r.to_big_endian(&mut r);
    signature.s.to_big_endian(&mut s);
    (app, epoch.into(), units.into(), signature.v as u8, r, s)
}

#[tokio::test]
async fn ethers_tops_up_signs_vouchers_and_settles_them() {
    let network = Network::start().await;
    let app = network.register(1_000 * PRICE).await;
    let app = U256::from_big_endian(&app.to_be_bytes::<32>());
    let client = client(&network.chain, network.chain.node.accounts()[1].key);
    let (fees, token) = (contract("app-fees", network.fees, &client), contract("cor-token", network.token, &client));
    let price = U256::from(PRICE);
    send(&token, "approve", (fees.address(), price * 100)).await;
    send(&fees, "topUp", (app, price * 100)).await;

    // What a voucher of 120 units would come to, before anything is signed.
    let (foreseen, largest): (Taken, U256) = ask(&fees, "preview", (app, U256::zero(), U256::from(120))).await;
    assert_eq!((foreseen.1, foreseen.4, largest), (100.into(), price * 100, 100.into()));

    let signer = LocalWallet::from_bytes(network.signer.to_bytes().as_slice()).expect("a key");
    let stranger = LocalWallet::from_bytes(&[9; 32]).expect("a key");
    let batch = vec![
        voucher(&network, &signer, app, 0, 30).await,
        voucher(&network, &stranger, app, 0, 99).await,
        voucher(&network, &signer, app, 0, 75).await,
        voucher(&network, &signer, app, 0, 75).await,
    ];
    let taken: Vec<Taken> = ask(&fees, "settleMany", batch.clone()).await;
    let told: Vec<(U256, U256)> = taken.iter().map(|it| (it.1, it.4)).collect();
    assert_eq!(told, [(30.into(), price * 30), (0.into(), 0.into()), (45.into(), price * 45), (0.into(), 0.into())]);
    let receipt = send(&fees, "settleMany", batch).await;

    let settled = fees.abi().event("Settled").expect("an event");
    let events: Vec<_> = receipt
        .logs
        .iter()
        .filter(|log| log.topics[0] == settled.signature())
        .map(|log| settled.parse_log((log.topics.clone(), log.data.to_vec()).into()).expect("an event of the ABI"))
        .collect();
    let value = |event: &ethers::abi::Log, name: &str| {
        event.params.iter().find(|it| it.name == name).and_then(|it| it.value.clone().into_uint()).expect("a number")
    };
    let counted: Vec<_> = events.iter().map(|event| (value(event, "cumulativeUnits"), value(event, "escrowed"))).collect();
    assert_eq!(counted, [(30.into(), price * 30), (75.into(), price * 45)]);
    let (escrow, ..): (U256, U256, U256, U256, U256) = ask(&fees, "accountOf", app).await;
    assert_eq!(escrow, price * 25);

    let again = voucher(&network, &signer, app, 0, 75).await;
    let refused = fees.method::<_, Taken>("settle", (again,)).expect("a function").call().await.expect_err("a replay");
    let (name, values) = refusal(fees.abi(), refused);
    assert_eq!((name.as_str(), &values[..2]), ("NothingSettled", &[Token::Uint(app), Token::Uint(0.into())][..]));
    network.assert_solvent().await;
}
