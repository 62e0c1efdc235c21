//! What does not add up, and where.

use std::fmt;

use alloy_primitives::Address;

use super::entry::{Keeper, Move, Site, Wei};

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it showed; at the end of the audit where there is none.
    pub site: Option<Site>,
    /// Whose books they are.
    pub keeper: Keeper,
    /// What it is.
    pub kind: Kind,
}

/// A kind of fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// COR moved, and the contract does not say why.
    Unexplained(Move),
    /// The contract says that COR moved, and it did not.
    Unmoved {
        /// By which event.
        event: &'static str,
        /// What it says.
        moved: Move,
    },
    /// An event says another amount than the events before it come to.
    Differs {
        /// Of what.
        what: String,
        /// The amount that is said.
        says: Wei,
        /// What it comes to by all other events.
        comes_to: Wei,
    },
    /// More went out of something than came in.
    Overdrawn {
        /// Out of what.
        what: String,
        /// How much more.
        by: Wei,
    },
    /// An event that must be there is not.
    NoEvent {
        /// Which.
        event: &'static str,
        /// Why it must.
        because: String,
    },
    /// What came in is not what became of it.
    Missing {
        /// Of which sum.
        what: String,
        /// What came in, less what became of it.
        amount: Wei,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { site, keeper, kind } = self;
        write!(f, "{keeper}: ")?;
        match kind {
            Kind::Unexplained(Move { from, to, amount }) => {
                write!(f, "{amount} wei moved from {} to {}, and no event of it says why", who(*from), who(*to))?;
            }
            Kind::Unmoved { event, moved: Move { from, to, amount } } => {
                write!(f, "{event} says that {amount} wei moved from {} to {}, and no Transfer did that", who(*from), who(*to))?;
            }
            Kind::Differs { what, says, comes_to } => {
                write!(f, "{what} is said to be {says} wei, and comes to {comes_to} by the events ({:+})", says - comes_to)?;
            }
            Kind::Overdrawn { what, by } => write!(f, "{by} wei more went out of {what} than came in")?,
            Kind::NoEvent { event, because } => write!(f, "there is no {event}: {because}")?,
            Kind::Missing { what, amount } if *amount > 0 => write!(f, "{amount} wei are missing: {what}")?,
            Kind::Missing { what, amount } => write!(f, "{} wei too many: {what}", -amount)?,
        }
        match site {
            Some(site) => write!(f, " ({site})"),
            None => Ok(()),
        }
    }
}

fn who(address: Address) -> String {
    if address.is_zero() { "nobody".to_owned() } else { address.to_string() }
}
