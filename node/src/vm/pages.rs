//! What WebAssembly memory costs: a flat price per page beyond the free ones, and a price that grows exponentially
//! with the most pages that a transaction ever had open. Entering a program and growing its memory are priced alike.

use std::sync::LazyLock;

use super::Pages;

/// Most pages that have a price at all; beyond them memory costs all gas there is.
const PRICED: usize = 128;

/// `EXPONENTIAL[n]`: gas for having had `n` pages open, floor(31874000^(n/128)).
///
/// No entry below the last lies nearer than 0.007 to a whole number, so double precision finds every floor. The last
/// one is whole itself; Nitro's table (arbos/programs/memory.go) has the floor of a value just below it.
static EXPONENTIAL: LazyLock<[u64; PRICED + 1]> = LazyLock::new(|| {
    let base = 31_874_000f64;
    let mut table = std::array::from_fn(|n| base.powf(n as f64 / PRICED as f64) as u64);
    table[PRICED] = 31_873_999;
    table
});

/// Gas for opening `new` more pages where `pages` were open before. The first `free` pages of a transaction cost
/// nothing, each further one `page_gas`, besides what the growth of the high-water mark costs.
pub(crate) fn page_cost(new: u16, pages: Pages, free: u16, page_gas: u16) -> u64 {
    let open = pages.open.saturating_add(new);
    let ever = pages.ever.max(open);
    if ever <= free {
        return 0;
    }
    let charged = open.saturating_sub(free) - pages.open.saturating_sub(free);
    let linear = u64::from(charged) * u64::from(page_gas);
    linear.saturating_add(exponential(ever) - exponential(pages.ever))
}

fn exponential(pages: u16) -> u64 {
    EXPONENTIAL.get(usize::from(pages)).copied().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Pages = Pages { open: 0, ever: 0 };

    #[test]
    fn free_pages_cost_nothing() {
        assert_eq!(page_cost(0, NONE, 2, 1000), 0);
        assert_eq!(page_cost(2, NONE, 2, 1000), 0);
        assert_eq!(page_cost(1, Pages { open: 1, ever: 2 }, 2, 1000), 0);
    }

    #[test]
    fn the_whole_memory_costs_what_nitro_charges() {
        assert_eq!(page_cost(128, NONE, 2, 1000), 31_999_998);
    }

    #[test]
    fn growing_in_steps_costs_what_growing_at_once_does() {
        let mut pages = NONE;
        let mut total = 0;
        for _ in 0..128 {
            total += page_cost(1, pages, 2, 1000);
            pages = Pages { open: pages.open + 1, ever: pages.ever + 1 };
        }
        // The first two are free altogether, and with them their part of the exponential price.
        assert_eq!(total, 31_999_998 + 1 - exponential(2));
        assert_eq!(exponential(2), 1);
    }

    #[test]
    fn reopening_pages_costs_only_the_flat_price() {
        assert_eq!(page_cost(3, Pages { open: 4, ever: 10 }, 2, 1000), 3000);
        assert_eq!(page_cost(0, Pages { open: 4, ever: 10 }, 2, 1000), 0);
    }

    #[test]
    fn beyond_the_table_costs_everything() {
        assert_eq!(page_cost(129, NONE, 2, 1000), u64::MAX);
        assert_eq!(page_cost(u16::MAX, Pages { open: u16::MAX, ever: u16::MAX }, 2, 1000), 0);
    }

    #[test]
    fn no_entry_of_the_table_is_at_the_mercy_of_rounding() {
        for n in 1..PRICED {
            let exact = 31_874_000f64.powf(n as f64 / PRICED as f64);
            assert!((exact - exact.round()).abs() > 1e-4, "{n}");
        }
    }
}
