//! Chance that can be had again: the same seed, the same numbers.

/// `SplitMix64`: small, and good enough to choose moments and links.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// From `PORTAL_REDIRECTS_FAULT_SEED`, or from the system. Says which, so that a failure can be had again.
    pub(crate) fn seeded() -> Self {
        let given = std::env::var("PORTAL_REDIRECTS_FAULT_SEED").ok().map(|seed| seed.parse().expect("the seed is a number"));
        let seed = given.unwrap_or_else(|| getrandom::u64().expect("the system has random bytes"));
        println!("PORTAL_REDIRECTS_FAULT_SEED={seed}");
        Self(seed)
    }

    /// Another one, that goes on by itself.
    pub(crate) fn branch(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).expect("it fits")).expect("it fits")
    }

    /// One of these.
    pub(crate) fn one_of<'a, T>(&mut self, these: &'a [T]) -> &'a T {
        &these[self.below(these.len())]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
