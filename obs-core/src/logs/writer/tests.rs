use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use metrics::Counter;

use super::{Writer, queue::MAX_PENDING};

const LONG: Duration = Duration::from_secs(20);

type Script = Box<dyn FnMut(&[u8]) -> io::Result<usize> + Send>;

/// Keeps what it is given, unless its script says otherwise.
#[derive(Clone, Default)]
struct Target {
    written: Arc<Mutex<Vec<u8>>>,
    flushed: Arc<AtomicU64>,
    script: Arc<Mutex<Option<Script>>>,
}

impl Target {
    /// Asks `script` how much to take of each write.
    fn scripted(script: impl FnMut(&[u8]) -> io::Result<usize> + Send + 'static) -> Self {
        Self {
            script: Arc::new(Mutex::new(Some(Box::new(script)))),
            ..Self::default()
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// A writer to this target, and what it counts as dropped.
    fn start(&self) -> (Writer, Arc<AtomicU64>) {
        let dropped = Arc::new(AtomicU64::new(0));
        let writer = Writer::start(Box::new(self.clone()), Counter::from_arc(Arc::clone(&dropped))).unwrap();
        (writer, dropped)
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let taken = match &mut *self.script.lock().unwrap_or_else(std::sync::PoisonError::into_inner) {
            Some(script) => script(bytes)?,
            None => bytes.len(),
        };
        self.written.lock().unwrap().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.flushed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A gate that holds a target up until it is opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let _open = self.0.1.wait_while(self.0.0.lock().unwrap(), |open| !*open).unwrap();
    }
}

fn blocked() -> (Target, Gate) {
    let gate = Gate::default();
    let held = gate.clone();
    let target = Target::scripted(move |bytes| {
        held.pass();
        Ok(bytes.len())
    });
    (target, gate)
}

#[test]
fn a_line_arrives_soon_without_being_asked_for() {
    let (arrived, arrivals) = mpsc::channel();
    let target = Target::scripted(move |bytes| {
        arrived.send(Instant::now()).unwrap();
        Ok(bytes.len())
    });
    let (writer, _) = target.start();
    let delays = std::iter::repeat_with(|| {
        let pushed = Instant::now();
        assert!(writer.push(b"line\n"));
        arrivals.recv_timeout(LONG).unwrap() - pushed
    });
    // A busy machine may hold up some of them.
    let shortest = delays.take(5).min().unwrap();
    assert!(shortest < Duration::from_millis(200), "{shortest:?}");
}

#[test]
fn a_burst_of_thousands_of_lines_is_kept_while_the_target_is_slow() {
    let (target, gate) = blocked();
    let (writer, dropped) = target.start();
    let line = [b"x".repeat(400), b"\n".to_vec()].concat();
    assert!((0..8_000).all(|_| writer.push(&line)));
    gate.open();
    assert!(writer.flush(LONG));
    assert_eq!(
        (target.text().lines().count(), dropped.load(Ordering::Relaxed)),
        (8_000, 0)
    );
}

#[test]
fn overload_drops_the_newest_lines_and_counts_them() {
    let (target, gate) = blocked();
    let (writer, dropped) = target.start();
    let line = [b"x".repeat(999), b"\n".to_vec()].concat();
    let accepted = (0..2 * MAX_PENDING / line.len()).filter(|_| writer.push(&line)).count();
    assert_eq!(accepted, MAX_PENDING / line.len());
    assert_eq!(
        dropped.load(Ordering::Relaxed),
        (2 * MAX_PENDING / line.len() - accepted) as u64
    );
    gate.open();
    assert!(writer.flush(LONG));
    assert_eq!(target.text().lines().count(), accepted);
    assert!(writer.push(b"room again\n") && writer.flush(LONG));
    assert!(target.text().ends_with("room again\n"));
}

#[test]
fn flush_and_shutdown_give_up_on_a_blocked_target_in_time() {
    let (target, gate) = blocked();
    let (writer, _) = target.start();
    assert!(writer.push(b"line\n"));
    let short = Duration::from_millis(30);
    let start = Instant::now();
    assert!(!writer.flush(short));
    assert!(!writer.shutdown(short));
    assert!(start.elapsed() >= 2 * short && start.elapsed() < LONG);
    assert!(writer.push(b"still accepted\n"));
    gate.open();
    assert!(writer.shutdown(LONG));
    assert_eq!(target.text(), "line\nstill accepted\n");
}

#[test]
fn the_target_is_flushed_after_the_lines() {
    let target = Target::default();
    let (writer, _) = target.start();
    writer.push(b"line\n");
    assert!(writer.flush(LONG));
    assert!(target.flushed.load(Ordering::Relaxed) >= 1);
}

#[test]
fn short_and_interrupted_writes_are_gone_on_with() {
    let mut turn = 0;
    let target = Target::scripted(move |bytes| {
        turn += 1;
        match turn % 3 {
            0 => Err(io::ErrorKind::Interrupted.into()),
            1 => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(bytes.len().min(3)),
        }
    });
    let (writer, dropped) = target.start();
    writer.push(b"one line\n");
    writer.push(b"another\n");
    assert!(writer.flush(LONG));
    assert_eq!(
        (target.text().as_str(), dropped.load(Ordering::Relaxed)),
        ("one line\nanother\n", 0)
    );
}

#[test]
fn lines_that_fail_are_counted_and_the_next_ones_start_on_a_line_of_their_own() {
    let mut turn = 0;
    let target = Target::scripted(move |bytes| {
        turn += 1;
        match turn {
            1 => Ok(6),
            2 => Err(io::Error::other("pipe is broken")),
            _ => Ok(bytes.len()),
        }
    });
    let (writer, dropped) = target.start();
    writer.push(b"one\n");
    writer.push(b"two\n");
    writer.push(b"three\n");
    assert!(!writer.flush(LONG), "lines were lost");
    assert_eq!(dropped.load(Ordering::Relaxed), 2);
    writer.push(b"four\n");
    assert!(writer.flush(LONG));
    assert_eq!(target.text(), "one\ntw\nfour\n");
}

#[test]
fn a_target_that_panics_takes_nothing_down() {
    let mut turn = 0;
    let target = Target::scripted(move |bytes| {
        turn += 1;
        assert_ne!(turn, 1, "on purpose");
        Ok(bytes.len())
    });
    let (writer, dropped) = target.start();
    writer.push(b"one\n");
    assert!(!writer.flush(LONG));
    writer.push(b"two\n");
    assert!(writer.flush(LONG));
    assert_eq!((target.text().as_str(), dropped.load(Ordering::Relaxed)), ("two\n", 1));
}

#[test]
fn a_target_that_logs_does_not_feed_on_itself() {
    let (handle, target) = (Arc::new(Mutex::new(None::<Writer>)), Target::default());
    let own = Arc::clone(&handle);
    *target.script.lock().unwrap() = Some(Box::new(move |bytes| {
        let own = own.lock().unwrap();
        let writer = own.as_ref().unwrap();
        assert!(!writer.push(b"written\n") && !writer.flush(LONG) && !writer.shutdown(LONG));
        Ok(bytes.len())
    }));
    let (writer, dropped) = target.start();
    *handle.lock().unwrap() = Some(writer);
    let push = |line: &[u8]| assert!(handle.lock().unwrap().as_ref().unwrap().push(line));
    push(b"line\n");
    while dropped.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    while target.text().is_empty() {
        thread::yield_now();
    }
    assert_eq!(target.text(), "line\n");
}

#[test]
fn lines_that_are_logged_after_the_shutdown_are_written_in_turn() {
    let target = Target::default();
    let (writer, dropped) = target.start();
    assert!(writer.shutdown(LONG));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| assert!(writer.push(b"late line\n"))));
        }
    });
    assert!(writer.flush(LONG));
    assert_eq!(target.text(), "late line\n".repeat(2_000));
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
}

#[test]
fn a_line_that_is_logged_after_the_shutdown_has_arrived_when_the_logging_is_done() {
    let target = Target::default();
    let (writer, _) = target.start();
    assert!(writer.shutdown(LONG));
    // A busy machine may hold up some of them.
    let arrived = (0..20).filter(|_| {
        let before = target.text().len();
        assert!(writer.push(b"late line\n"));
        target.text().len() > before
    });
    assert!(arrived.count() > 0);
}

/// What a hundred lines cost that are logged after the shutdown, when the target no longer takes any.
fn late_lines_while(blocked: impl Fn() -> io::Result<()> + Send + 'static) -> Duration {
    let (takes, is_shut) = (Target::default(), Arc::new(AtomicU64::new(0)));
    let seen = Arc::clone(&is_shut);
    *takes.script.lock().unwrap() = Some(Box::new(move |bytes| {
        if seen.load(Ordering::Relaxed) > 0 {
            blocked()?;
        }
        Ok(bytes.len())
    }));
    let (writer, _) = takes.start();
    writer.push(b"line\n");
    assert!(writer.shutdown(LONG));
    is_shut.store(1, Ordering::Relaxed);
    let since = Instant::now();
    assert!((0..100).all(|_| writer.push(b"late line\n")));
    since.elapsed()
}

#[test]
fn a_target_that_blocks_after_the_shutdown_holds_up_nobody_who_logs() {
    let gate = Gate::default();
    let held = gate.clone();
    let took = late_lines_while(move || {
        held.pass();
        Ok(())
    });
    assert!(took < Duration::from_millis(500), "{took:?}");
    gate.open();
    let took = late_lines_while(|| Err(io::ErrorKind::WouldBlock.into()));
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[test]
fn lines_are_written_by_a_thread_of_its_own_after_a_fork_has_taken_none_along() {
    let target = Target::default();
    let (writer, _) = target.start();
    assert!(writer.push(b"of the parent\n") && writer.flush(LONG));
    // As a child finds it: the thread sleeps for ever, in another process.
    let child = super::worker::Shared::new(super::target::Target::new(Box::new(target.clone())), Counter::noop());
    child.leave_behind();
    let child = Writer::of(Arc::new(child));
    assert!(child.push(b"of the child\n"));
    assert_eq!(target.text(), "of the parent\n");
    assert!(child.flush(LONG));
    assert!(child.push(b"again\n") && child.flush(LONG) && child.shutdown(LONG));
    assert_eq!(target.text(), "of the parent\nof the child\nagain\n");
}

#[test]
fn a_thread_that_dies_fails_the_flush_and_is_replaced() {
    let target = Target::default();
    let shared = Arc::new(super::worker::Shared::new(
        super::target::Target::new(Box::new(target.clone())),
        Counter::noop(),
    ));
    let gate = Gate::default();
    let held = gate.clone();
    let die = move |_: &super::worker::Shared| {
        held.pass();
        std::panic::resume_unwind(Box::new("on purpose"));
    };
    shared.spawn(die).unwrap();
    let writer = Writer::of(shared);
    writer.push(b"line\n");
    thread::scope(|scope| {
        let flushing = scope.spawn(|| writer.flush(Duration::MAX));
        let since = Instant::now();
        // Said under the lock that the flush gives up only while it waits.
        while !writer.shared.queue.lock().unwrap().hurry {
            assert!(since.elapsed() < LONG, "nobody asks for the line");
            thread::yield_now();
        }
        gate.open();
        assert!(!flushing.join().unwrap(), "its thread has died meanwhile");
    });
    assert!(writer.flush(LONG));
    assert_eq!(target.text(), "line\n");
}

/// A counter of a recorder that is broken.
struct Panicking;

impl metrics::CounterFn for Panicking {
    fn increment(&self, _: u64) {
        std::panic::resume_unwind(Box::new("on purpose"));
    }

    fn absolute(&self, _: u64) {}
}

#[test]
fn a_counter_that_panics_harms_neither_who_logs_nor_the_thread() {
    let mut turn = 0;
    let target = Target::scripted(move |bytes| {
        turn += 1;
        if turn == 1 {
            Err(io::Error::other("no space left"))
        } else {
            Ok(bytes.len())
        }
    });
    let writer = Writer::start(Box::new(target.clone()), Counter::from_arc(Arc::new(Panicking))).unwrap();
    assert!(!writer.push(&vec![b'x'; MAX_PENDING + 1]), "too long");
    assert!(writer.push(b"lost\n"));
    assert!(!writer.flush(LONG));
    assert!(writer.push(b"line\n") && writer.flush(LONG));
    assert_eq!(target.text(), "line\n");
}

#[test]
fn dropping_the_writer_ends_its_thread_once_all_is_written() {
    let (target, gate) = blocked();
    let (writer, _) = target.start();
    writer.push(b"line\n");
    drop(writer);
    gate.open();
    while Arc::strong_count(&target.written) > 1 {
        thread::yield_now();
    }
    assert_eq!(target.text(), "line\n");
}

#[test]
fn lines_pushed_while_it_shuts_down_are_not_lost() {
    for _ in 0..50 {
        let target = Target::default();
        let (writer, dropped) = target.start();
        thread::scope(|scope| {
            let pushing = scope.spawn(|| (0..200).filter(|_| writer.push(b"line\n")).count());
            assert!(writer.shutdown(LONG));
            assert_eq!(pushing.join().unwrap(), 200);
        });
        assert!(writer.flush(LONG));
        assert_eq!((target.text().len(), dropped.load(Ordering::Relaxed)), (200 * 5, 0));
    }
}

/// Refuses whatever it is given, at once or when it is let.
struct Refusing(Gate);

impl Write for Refusing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        self.0.pass();
        Err(io::Error::other("no space left"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_target_that_refuses_bytes_is_refused_at_the_start() {
    let gate = Gate::default();
    gate.open();
    let error = Writer::start(Box::new(Refusing(gate)), Counter::noop()).unwrap_err();
    let expected = "log_writer is \"a target that fails (no space left)\", expected one that can be written to";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_target_that_does_not_answer_is_taken_and_its_lines_wait() {
    let gate = Gate::default();
    let dropped = Arc::new(AtomicU64::new(0));
    let counter = Counter::from_arc(Arc::clone(&dropped));
    let writer = Writer::start(Box::new(Refusing(gate.clone())), counter).unwrap();
    assert!(writer.push(b"line\n"));
    assert_eq!(dropped.load(Ordering::Relaxed), 0);
    gate.open();
    assert!(!writer.flush(LONG));
    assert_eq!(dropped.load(Ordering::Relaxed), 1);
}
