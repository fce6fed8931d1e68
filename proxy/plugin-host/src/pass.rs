//! Asks many questions on both cores. The answers, and the error if there is one, are the same however
//! the threads happen to run. No request data enters: the questions are numbers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::error::LoadError;

/// Threads of one load. Two loads at once leave a larger machine most of its cores.
const THREADS: usize = 2;
/// Above so many questions a second thread is worth its while, however cheap they are.
const QUESTIONS_PER_THREAD: u32 = 200;
/// Questions that a thread takes at once.
const AT_ONCE: u32 = 32;

/// Answers to the questions 0 to `count` - 1, in their order.
///
/// # Errors
/// That of the first question, by its number, that has one. Those after it may not be asked.
pub(crate) fn each<T: Send>(
    count: u32,
    ask: &(impl Fn(u32) -> Result<T, LoadError> + Sync),
) -> Result<Vec<T>, LoadError> {
    let queue = Queue { count, next: AtomicU32::new(0), failed: AtomicU32::new(u32::MAX) };
    let others = if count > QUESTIONS_PER_THREAD { THREADS - 1 } else { 0 };
    let parts = thread::scope(|scope| {
        let others: Vec<_> = (0..others).map(|_| scope.spawn(|| queue.work(ask))).collect();
        let mut parts = vec![queue.work(ask)];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let (answers, errors): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|part| (part.answers, part.error)).unzip();
    if let Some((_, error)) = errors.into_iter().flatten().min_by_key(|(question, _)| *question) {
        return Err(error);
    }
    let mut answers: Vec<_> = answers.into_iter().flatten().collect();
    answers.sort_unstable_by_key(|(first, _)| *first);
    Ok(answers.into_iter().flat_map(|(_, answers)| answers).collect())
}

struct Queue {
    count: u32,
    next: AtomicU32,
    /// The first question, by its number, that is known to have an error.
    failed: AtomicU32,
}

/// What one thread has found out.
struct Part<T> {
    /// Runs of answers with the number of the first question of each.
    answers: Vec<(u32, Vec<T>)>,
    error: Option<(u32, LoadError)>,
}

impl Queue {
    fn work<T>(&self, ask: &impl Fn(u32) -> Result<T, LoadError>) -> Part<T> {
        let mut part = Part { answers: Vec::new(), error: None };
        loop {
            let first = self.next.fetch_add(AT_ONCE, Ordering::Relaxed);
            // Questions are handed out in order: those before an error have all been taken.
            if first >= self.count || first > self.failed.load(Ordering::Relaxed) {
                return part;
            }
            let end = first.saturating_add(AT_ONCE).min(self.count);
            let mut answers = Vec::with_capacity((end - first) as usize);
            for question in first..end {
                match ask(question) {
                    Ok(answer) => answers.push(answer),
                    Err(error) => {
                        self.failed.fetch_min(question, Ordering::Relaxed);
                        part.error = Some((question, error));
                        return part;
                    }
                }
            }
            part.answers.push((first, answers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(cell: u32) -> LoadError {
        LoadError::Manifest { what: cell.to_string() }
    }

    #[test]
    fn answers_come_in_the_order_of_their_questions() {
        for count in [0, 1, AT_ONCE, QUESTIONS_PER_THREAD + 1, 10_000] {
            let answers = each(count, &|question| Ok(question * 3)).unwrap();
            assert_eq!(answers, (0..count).map(|question| question * 3).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_error_is_told_whichever_thread_meets_it() {
        for _ in 0..50 {
            let ask = |question| if question % 1_000 == 777 { Err(wrong(question)) } else { Ok(()) };
            assert_eq!(each(10_000, &ask).unwrap_err(), wrong(777));
        }
    }

    #[test]
    fn nothing_far_behind_an_error_is_asked() {
        let asked = AtomicU32::new(0);
        let ask = |question| {
            asked.fetch_add(1, Ordering::Relaxed);
            // The other thread is held up while this one would run on.
            while question == 0 && asked.load(Ordering::Relaxed) < 3 {
                thread::yield_now();
            }
            if question == 40 { Err(wrong(question)) } else { Ok(()) }
        };
        assert_eq!(each(1_000_000, &ask).unwrap_err(), wrong(40));
        assert!(asked.load(Ordering::Relaxed) < 1_000_000);
    }
}
