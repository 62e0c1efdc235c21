//! What cargo-stylus asks a contract: its ABI, and the signature of its constructor.

fn main() {
    common::export::answer("IMinerPool", &abi::MinerPool::abi::contract());
}
