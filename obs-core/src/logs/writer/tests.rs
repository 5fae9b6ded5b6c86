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
        Self { script: Arc::new(Mutex::new(Some(Box::new(script)))), ..Self::default() }
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
    assert_eq!((target.text().lines().count(), dropped.load(Ordering::Relaxed)), (8_000, 0));
}

#[test]
fn overload_drops_the_newest_lines_and_counts_them() {
    let (target, gate) = blocked();
    let (writer, dropped) = target.start();
    let line = [b"x".repeat(999), b"\n".to_vec()].concat();
    let accepted = (0..2 * MAX_PENDING / line.len()).filter(|_| writer.push(&line)).count();
    assert_eq!(accepted, MAX_PENDING / line.len());
    assert_eq!(dropped.load(Ordering::Relaxed), (2 * MAX_PENDING / line.len() - accepted) as u64);
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
    assert_eq!((target.text().as_str(), dropped.load(Ordering::Relaxed)), ("one line\nanother\n", 0));
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
fn after_shutdown_threads_write_for_themselves_and_in_turn() {
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
