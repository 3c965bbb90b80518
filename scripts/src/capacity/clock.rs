//! Epochs and windows, and until when one may do what, as `ICapacity` states it. Times are those of blocks.

use crate::time::DAY;

/// Seconds of a window; an epoch has 24 of them.
pub const WINDOW: u64 = 3_600;
pub const EPOCH: u64 = DAY;
pub const WINDOWS: u32 = 24;

/// A commit is accepted this long after its window.
pub const GRACE: u64 = 600;
/// Claims are drawn, and epochs final, this long after an epoch.
pub const DRAWS: u64 = 3 * WINDOW;
/// The last part of a draw's time, into which nobody puts it off.
pub const DRAW_RESERVE: u64 = WINDOW;
/// Leaves are demanded and frauds proved until this long after an epoch.
pub const CHALLENGES: u64 = 27 * WINDOW;
/// An audit or a demand is answered within this.
pub const ANSWERS: u64 = 12 * WINDOW;

pub fn window_at(time: u64) -> u32 {
    narrow(time / WINDOW)
}

pub fn epoch_at(time: u64) -> u32 {
    narrow(time / EPOCH)
}

pub fn epoch_of(window: u32) -> u32 {
    window / WINDOWS
}

pub fn window_end(window: u32) -> u64 {
    (u64::from(window) + 1) * WINDOW
}

pub fn epoch_end(epoch: u32) -> u64 {
    (u64::from(epoch) + 1) * EPOCH
}

/// Last moment of a commit.
pub fn commit_deadline(window: u32) -> u64 {
    window_end(window) + GRACE
}

/// When an epoch is final: nothing of it can be drawn, and it can be credited.
pub fn final_at(epoch: u32) -> u64 {
    epoch_end(epoch) + DRAWS
}

/// Until when leaves of an epoch can be demanded, or convicted.
pub fn challenge_end(epoch: u32) -> u64 {
    epoch_end(epoch) + CHALLENGES
}

/// Windows of an epoch after this one.
pub fn windows_after(window: u32) -> u32 {
    WINDOWS - 1 - window % WINDOWS
}

/// Times of blocks fit: windows are counted in 32 bits until the year 491,900.
fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_tile_epochs() {
        let midnight = 20_000 * EPOCH;
        assert_eq!((epoch_at(midnight), epoch_at(midnight - 1)), (20_000, 19_999));
        let (first, last) = (window_at(midnight), window_at(midnight + EPOCH - 1));
        assert_eq!((last - first, epoch_of(first), epoch_of(last)), (23, 20_000, 20_000));
        assert_eq!((windows_after(first), windows_after(last)), (23, 0));
        assert_eq!((window_end(last), epoch_end(20_000)), (midnight + EPOCH, midnight + EPOCH));
    }

    #[test]
    fn deadlines_are_in_order() {
        let window = 24 * 20_000 + 23;
        assert!(window_end(window) < commit_deadline(window));
        assert!(commit_deadline(window) < final_at(20_000) && final_at(20_000) < challenge_end(20_000));
        assert_eq!(challenge_end(20_000) - final_at(20_000), EPOCH);
    }
}
