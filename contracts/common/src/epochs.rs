//! Values by epoch: a change made now holds from a later epoch on, and what belongs to an epoch is always judged by the
//! value of that epoch, however late it is asked for.

use alloy_primitives::U256;
use stylus_sdk::{prelude::*, storage::StorageMap};

use crate::{
    Slot, Word,
    layout::{read, write},
};

/// A value with the epoch since which it holds. The value's own word must leave its highest eight bytes free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Since<T> {
    /// What holds.
    pub value: T,
    /// From this epoch on, until the next value's.
    pub epoch: u32,
    /// How many values came before it.
    before: u32,
}

impl<T: Word> Word for Since<T> {
    fn unpack(word: &[u8; 32]) -> Self {
        let mut value = *word;
        write::<24, 8>(&mut value, 0);
        Self { value: T::unpack(&value), epoch: read::<24, 4>(word) as u32, before: read::<28, 4>(word) as u32 }
    }

    fn pack(&self) -> [u8; 32] {
        let mut word = self.value.pack();
        write::<24, 4>(&mut word, self.epoch.into());
        write::<28, 4>(&mut word, self.before.into());
        word
    }
}

/// A list of values by epoch, the last of them in a slot of its own: the value of now is one load when no change is to
/// come. Before the first value that is set, the default holds.
#[storage]
pub struct ByEpoch<T: Word> {
    last: Slot<Since<T>>,
    older: StorageMap<U256, Slot<Since<T>>>,
}

impl<T: Word> ByEpoch<T> {
    /// The value of an epoch. Looks from the end: for an epoch that is open, or the running one, that is a load or two.
    pub fn at(&self, epoch: u64) -> T {
        from_the_end(self.last.get(), |place| self.older(place), epoch).value
    }

    /// The last value that was set and since when it holds, be that still to come.
    pub fn last(&self) -> Since<T> {
        self.last.get()
    }

    /// The value of an epoch, where epochs are asked for in order: looks from `cursor` on, which the caller keeps, and
    /// leaves it where the next one begins. So no number of changes makes closing dearer than its own.
    pub fn in_order(&self, cursor: &mut u32, epoch: u64) -> T {
        forward(self.last.get(), |place| self.older(place), cursor, epoch).value
    }

    /// Sets the value from `epoch` on; one that was set for the same epoch is replaced. False, and nothing is set, if a
    /// value is set for a later epoch already or the epoch exceeds 32 bits.
    pub fn set(&mut self, epoch: u64, value: T) -> bool {
        let last = self.last.get();
        let Ok(epoch) = u32::try_from(epoch) else { return false };
        if epoch < last.epoch {
            return false;
        }
        let before = if epoch == last.epoch {
            last.before
        } else {
            self.older.setter(U256::from(last.before)).set(&last);
            last.before.saturating_add(1)
        };
        self.last.set(&Since { value, epoch, before });
        true
    }

    fn older(&self, place: u32) -> Since<T> {
        self.older.getter(U256::from(place)).get()
    }
}

fn from_the_end<T>(last: Since<T>, older: impl Fn(u32) -> Since<T>, epoch: u64) -> Since<T> {
    let mut found = last;
    while u64::from(found.epoch) > epoch && found.before > 0 {
        found = older(found.before.saturating_sub(1));
    }
    found
}

fn forward<T>(last: Since<T>, older: impl Fn(u32) -> Since<T>, cursor: &mut u32, epoch: u64) -> Since<T> {
    let count = last.before;
    if *cursor >= count {
        return last;
    }
    let mut found = older(*cursor);
    while *cursor < count {
        let next = cursor.saturating_add(1);
        let following = if next == count { None } else { Some(older(next)) };
        let since = following.as_ref().map_or(last.epoch, |it| it.epoch);
        if u64::from(since) > epoch {
            return found;
        }
        *cursor = next;
        match following {
            Some(following) => found = following,
            None => return last,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    type Entry = Since<U256>;

    /// Values 1, 2, ... since these epochs, as `set` lays them: the last one apart.
    fn list(epochs: &[u32]) -> (Entry, Vec<Entry>) {
        let mut all = vec![Entry::default()];
        for (index, epoch) in epochs.iter().enumerate() {
            all.push(Entry { value: U256::from(index + 1), epoch: *epoch, before: index as u32 + 1 });
        }
        (all.pop().unwrap(), all)
    }

    #[test]
    fn from_the_end_and_in_order_agree() {
        for epochs in [&[][..], &[3], &[1, 2, 3], &[2, 5, 6, 20], &[1, 9]] {
            let (last, older) = list(epochs);
            let mut cursor = 0;
            for epoch in 0..25 {
                let expected = epochs.iter().filter(|since| u64::from(**since) <= epoch).count();
                let at = |place: u32| older[place as usize];
                assert_eq!(from_the_end(last, at, epoch).value, U256::from(expected), "{epochs:?} at {epoch}");
                assert_eq!(forward(last, at, &mut cursor, epoch).value, U256::from(expected), "{epochs:?} in order at {epoch}");
            }
        }
    }

    #[test]
    fn a_cursor_goes_on_where_values_were_added() {
        let (last, older) = list(&[2, 4]);
        let mut cursor = 0;
        assert_eq!(forward(last, |place| older[place as usize], &mut cursor, 4).value, U256::from(2));
        let (last, older) = list(&[2, 4, 6, 7]);
        for (epoch, value) in [(5, 2), (6, 3), (7, 4), (100, 4)] {
            assert_eq!(forward(last, |place| older[place as usize], &mut cursor, epoch).value, U256::from(value));
        }
    }

    #[test]
    fn a_value_keeps_its_bytes() {
        let entry = Entry { value: U256::MAX >> 64, epoch: u32::MAX - 1, before: 7 };
        assert_eq!(Entry::unpack(&entry.pack()), entry);
    }
}
