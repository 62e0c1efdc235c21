//! What was fixed at construction, for ever, as far as the books need it.

use economics::{
    BasisPoints,
    emission::{Decay, Taper},
    split::Split,
};

/// What the contracts were constructed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The first second of epoch 0.
    pub genesis: u64,
    /// Seconds of an epoch.
    pub epoch_length: u64,
    /// Seconds after an epoch's end during which its vouchers still count.
    pub grace: u64,
    /// Whether COR is burned by its own `burn`; if not it is sent to 0x...dEaD.
    pub burnable: bool,
    /// Builders' share of what apps pay themselves.
    pub builders: BasisPoints,
    /// The split of epoch 0 and all later ones, until it is changed.
    pub split: Split,
    /// The reserve's decay.
    pub decay: Decay,
    /// How emission falls with fees and stake.
    pub taper: Taper,
    /// COR's supply when the pool began, less what earlier pools had burned, in wei.
    pub supply: u128,
}

impl Terms {
    /// When an epoch takes no more vouchers.
    pub(super) fn closes_at(&self, epoch: u64) -> u64 {
        epoch.saturating_add(1).saturating_mul(self.epoch_length).saturating_add(self.genesis).saturating_add(self.grace)
    }
}
