//! How many connections may be open: in total, and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// The seats of a server.
pub(super) struct Seats {
    total_max: usize,
    per_address_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One seat; free again when dropped.
pub(super) struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    pub(super) fn new(total_max: usize, per_address_max: usize) -> Self {
        Self { total_max, per_address_max, taken: Mutex::default() }
    }

    /// A seat for a client at `address`, or `None` if the house, or that address's share of it, is full.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let address = allowance_of(address);
        let mut taken = self.taken.lock();
        if taken.total >= self.total_max {
            return None;
        }
        let here = taken.by_address.get(&address).copied().unwrap_or(0);
        if here >= self.per_address_max {
            return None;
        }
        taken.total += 1;
        taken.by_address.insert(address, here + 1);
        Some(Seat { seats: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        taken.total -= 1;
        if let Some(here) = taken.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                taken.by_address.remove(&self.address);
            }
        }
    }
}

/// The address that shares one allowance: an IPv4 address, or the /64 network that one IPv6 subscriber owns.
fn allowance_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Seats, allowance_of};

    /// Seats run out per address and in total, come back when dropped, and leave no empty entry behind.
    #[test]
    fn seats_are_limited_and_returned() {
        let seats = Arc::new(Seats::new(3, 2));
        let (one, two) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = seats.take(one).unwrap();
        let second = seats.take(one).unwrap();
        assert!(seats.take(one).is_none(), "the address has its two");
        let third = seats.take(two).unwrap();
        assert!(seats.take(two).is_none(), "the house has its three");
        drop(first);
        let fourth = seats.take(two).unwrap();
        assert!(seats.take(one).is_none());
        drop((second, third, fourth));
        let taken = seats.taken.lock();
        assert_eq!((taken.total, taken.by_address.len()), (0, 0));
    }

    /// IPv6 clients count by network, mapped IPv4 clients as what they are.
    #[test]
    fn who_shares_an_allowance() {
        for (address, allowance) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ] {
            let allowance: std::net::IpAddr = allowance.parse().unwrap();
            assert_eq!(allowance_of(address.parse().unwrap()), allowance, "{address}");
        }
    }
}
