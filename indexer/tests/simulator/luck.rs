//! What a seed decides.

/// SplitMix64.
#[derive(Clone)]
pub(crate) struct Luck(u64);

impl Luck {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0xd6e8_feb8_6659_fd93) ^ 0x5375_7265_7479)
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.draw() % end
    }

    pub(crate) fn index(&mut self, end: usize) -> usize {
        usize::try_from(self.below(end as u64)).expect("it is below a length")
    }

    /// What follows from this luck, a number and a text.
    pub(crate) fn of(&self, number: u64, text: &str) -> Self {
        let mut luck = Self(self.0 ^ number);
        for byte in text.bytes() {
            luck.0 = (luck.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        luck
    }

    /// Once in so many times.
    pub(crate) fn chance(&mut self, often: u64) -> bool {
        self.below(often) == 0
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }
}
