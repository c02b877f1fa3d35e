//! The same work on many items, on several threads, with the results in the items' order.

use std::sync::atomic::{AtomicUsize, Ordering};

use indicatif::ProgressBar;

/// Results in order, whatever thread made them.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    bar: &ProgressBar,
    act: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, act(item)));
            bar.inc(1);
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.min(items.len())).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_from_any_number_of_threads() {
        let items: Vec<usize> = (0..1_000).collect();
        for threads in [1, 2, 7, 5_000] {
            let doubled = each(&items, threads, &ProgressBar::hidden(), |item| item * 2);
            assert_eq!(doubled, items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
        assert!(each(&[0; 0], 4, &ProgressBar::hidden(), |item| *item).is_empty());
    }
}
