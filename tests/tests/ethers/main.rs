//! An independent client: ethers-rs, which shares no code with ours and reads the ABIs that are published.

mod claim;
mod client;
mod deploy;
mod fees;
mod stake;
