//! How the plans of a card share what it used in a cycle, as a pure function: plans that took over from each other within
//! the cycle, and add-on packages on top of the one in use.

/// A basic plan of the card in the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    /// Bytes of the cycle that it has.
    pub flow_total: i64,
    /// The first business day that counts for it, such as `20220916`.
    pub from_day: i32,
    /// Whether the next one took over because this one was used up; otherwise because it had expired.
    pub used_up: bool,
}

/// Who has how many bytes of the cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Used of each basic plan, in their order.
    pub bases: Vec<i64>,
    /// Used of each add-on package, in their order.
    pub add_ons: Vec<i64>,
    /// What the card has left: of the plan in use and all packages. Negative when more was used.
    pub left: i64,
}

/// Shares the bytes of the days of a cycle among basic plans, in the order in which they took over, the last one being
/// in use, and add-on packages in the order of purchase.
///
/// A plan has the days from its own first to the next one's. One that was used up also has the day on which that was
/// found, and what is beyond its total goes to the next; one that expired keeps all. Of the plan in use, what is beyond its total goes to the packages, and what
/// is beyond theirs stays with the plan.
pub fn share(days: &[(i32, i64)], bases: &[Base], add_ons: &[i64]) -> Shares {
    let mut shares = Shares { bases: Vec::with_capacity(bases.len()), add_ons: Vec::new(), left: 0 };
    // Days before the first plan are the first plan's.
    let (mut beyond, mut from) = (0, i32::MIN);
    for (place, base) in bases.iter().enumerate() {
        let to = bases.get(place + 1).map_or(i32::MAX, |next| next.from_day + i32::from(base.used_up));
        let own: i64 = days.iter().filter(|(day, _)| (from..to).contains(day)).map(|(_, bytes)| bytes).sum();
        let used = own + beyond;
        let last = place + 1 == bases.len();
        beyond = if base.used_up || last { (used - base.flow_total).max(0) } else { 0 };
        if last {
            shares.left = base.flow_total + add_ons.iter().sum::<i64>() - used;
        }
        shares.bases.push(used - beyond);
        from = from.max(to);
    }
    for total in add_ons {
        let used = beyond.min(*total);
        beyond -= used;
        shares.add_ons.push(used);
    }
    if let Some(last) = shares.bases.last_mut() {
        *last += beyond;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Days, plans and packages, and what each of these and the card comes to.
    type Case<'a> = (&'a [(i32, i64)], Vec<Base>, &'a [i64], (&'a [i64], &'a [i64], i64));

    fn base(flow_total: i64, from_day: i32, used_up: bool) -> Base {
        Base { flow_total, from_day, used_up }
    }

    /// Shows packages on one plan below, at and beyond its total and theirs; and successors of plans that were used up
    /// and of plans that expired, over the cut between their days.
    #[test]
    fn flow_is_shared_in_order() {
        let one = |total| vec![base(total, 1, false)];
        let cases: [Case<'_>; 12] = [
            (&[], one(30), &[], (&[0], &[], 30)),
            (&[(1, 40)], one(30), &[], (&[40], &[], -10)),
            (&[(1, 30)], one(30), &[5, 7], (&[30], &[0, 0], 12)),
            (&[(1, 20), (9, 13)], one(30), &[5, 7], (&[30], &[3, 0], 9)),
            (&[(1, 40)], one(30), &[5, 7], (&[30], &[5, 5], 2)),
            (&[(1, 50)], one(30), &[5, 7], (&[38], &[5, 7], -8)),
            (&[(1, 35), (5, 4)], vec![base(30, 1, true), base(20, 5, false)], &[], (&[30, 9], &[], 11)),
            // A correction of the first days after the plan was found used up.
            (&[(1, 25), (5, 4)], vec![base(30, 1, true), base(20, 5, false)], &[], (&[29, 0], &[], 20)),
            (&[(1, 25), (6, 4)], vec![base(30, 1, true), base(20, 5, false)], &[], (&[25, 4], &[], 16)),
            (&[(1, 35), (5, 4)], vec![base(30, 1, false), base(20, 5, false)], &[], (&[35, 4], &[], 16)),
            (
                &[(1, 90), (2, 1), (3, 1)],
                vec![base(30, 1, true), base(40, 2, true), base(5, 3, false)],
                &[8],
                (&[30, 40, 14], &[8], -9),
            ),
            (&[(1, 3)], vec![], &[8], (&[], &[0], 0)),
        ];
        for (days, bases, add_ons, (used, of_add_ons, left)) in cases {
            let shares = share(days, &bases, add_ons);
            let expected = Shares { bases: used.to_vec(), add_ons: of_add_ons.to_vec(), left };
            assert_eq!(shares, expected, "{days:?} {bases:?}");
        }
    }

    proptest! {
        /// Shows that nothing is lost and nothing counted twice: the shares add up to the days, and left is what the
        /// plan in use and the packages have less what they and the plan's overrun used.
        #[test]
        fn shares_add_up(
            days in prop::collection::vec((1..40_i32, 0..1_000_i64), 0..30),
            bases in prop::collection::vec((0..3_000_i64, any::<bool>()), 1..4),
            add_ons in prop::collection::vec(0..2_000_i64, 0..4),
        ) {
            let bases: Vec<Base> =
                (0..).zip(&bases).map(|(place, (total, used_up))| base(*total, 1 + place * 10, *used_up)).collect();
            let shares = share(&days, &bases, &add_ons);
            let all: i64 = days.iter().map(|(_, bytes)| bytes).sum();
            prop_assert_eq!(shares.bases.iter().chain(&shares.add_ons).sum::<i64>(), all);
            let in_use = shares.bases.last().copied().unwrap_or(0) + shares.add_ons.iter().sum::<i64>();
            let have = bases.last().map_or(0, |base| base.flow_total) + add_ons.iter().sum::<i64>();
            prop_assert_eq!(shares.left, have - in_use);
            for (used, total) in shares.add_ons.iter().zip(&add_ons) {
                prop_assert!((0..=*total).contains(used));
            }
        }
    }
}
