//! Background work on a clock that moves when everybody waits.

use std::future::{Pending, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::mpsc;

use super::*;

fn no_luck() -> Pending<()> {
    panic!("no luck")
}

/// Collects what the tests of this thread measure.
fn measure() -> (PrometheusHandle, metrics::LocalRecorderGuard<'static>) {
    let recorder = Box::leak(Box::new(PrometheusBuilder::new().build_recorder()));
    (recorder.handle(), metrics::set_default_local_recorder(recorder))
}

fn assert_shown(metrics: &PrometheusHandle, line: &str) {
    let shown = metrics.render();
    assert!(shown.lines().any(|shown| shown == line), "no {line}: {shown}");
}

/// Work that tells when it begins, does what is said of its first times, and goes on for ever after them.
fn work(first_times: u32, ends: fn()) -> (BackgroundTask, mpsc::UnboundedReceiver<Instant>) {
    let (told, starts) = mpsc::unbounded_channel();
    let times = Arc::new(AtomicU32::new(0));
    let task = BackgroundTask::until_stopped("work", move || {
        told.send(Instant::now()).unwrap();
        let time = times.fetch_add(1, Ordering::Relaxed);
        async move {
            if time < first_times {
                ends();
            } else {
                pending::<()>().await;
            }
        }
    });
    (task, starts)
}

async fn pauses(starts: &mut mpsc::UnboundedReceiver<Instant>, count: usize) -> Vec<u64> {
    let mut last = starts.recv().await.unwrap();
    let mut pauses = Vec::new();
    for _ in 0..count {
        let next = starts.recv().await.unwrap();
        pauses.push((next - last).as_secs());
        last = next;
    }
    pauses
}

async fn stop(background: Background) {
    background.stop(Instant::now() + Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn work_that_panics_is_begun_anew_after_a_pause_that_grows_to_a_bound() {
    let (metrics, _measuring) = measure();
    let (task, mut starts) = work(9, || drop(no_luck()));
    let background = Background::start([task]);
    assert_shown(&metrics, r#"shopfolk_background_restarts_total{task="work"} 0"#);
    assert_eq!(pauses(&mut starts, 9).await, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_shown(&metrics, r#"shopfolk_background_restarts_total{task="work"} 9"#);
    assert_shown(&metrics, r#"shopfolk_background_running{task="work"} 1"#);
    stop(background).await;
    assert_shown(&metrics, r#"shopfolk_background_running{task="work"} 0"#);
}

#[tokio::test(start_paused = true)]
async fn work_that_ends_by_itself_is_begun_anew() {
    let (metrics, _measuring) = measure();
    let (task, mut starts) = work(2, || ());
    let _background = Background::start([task]);
    assert_eq!(pauses(&mut starts, 2).await, [1, 2]);
    assert_shown(&metrics, r#"shopfolk_background_restarts_total{task="work"} 2"#);
}

#[tokio::test(start_paused = true)]
async fn work_that_panics_before_there_is_a_future_is_begun_anew() {
    let (told, mut starts) = mpsc::unbounded_channel();
    let task = BackgroundTask::until_stopped("work", move || {
        told.send(Instant::now()).unwrap();
        no_luck()
    });
    let _background = Background::start([task]);
    assert_eq!(pauses(&mut starts, 2).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn work_that_went_well_for_long_waits_no_longer_than_at_first() {
    let (told, mut starts) = mpsc::unbounded_channel();
    let task = BackgroundTask::until_stopped("work", move || {
        told.send(Instant::now()).unwrap();
        sleep(Duration::from_secs(61))
    });
    let _background = Background::start([task]);
    assert_eq!(pauses(&mut starts, 3).await, [62, 62, 62]);
}

#[tokio::test(start_paused = true)]
async fn runs_come_at_their_interval_and_are_measured() {
    let (metrics, _measuring) = measure();
    let (told, mut starts) = mpsc::unbounded_channel();
    let task = BackgroundTask::every(Duration::from_secs(15), "count", move || {
        told.send(Instant::now()).unwrap();
        sleep(Duration::from_secs(2))
    });
    let background = Background::start([task]);
    assert_eq!(pauses(&mut starts, 3).await, [17, 17, 17]);
    stop(background).await;
    let shown = metrics.render();
    assert!(shown.contains(r#"shopfolk_background_run_duration_seconds_count{task="count"} 3"#), "{shown}");
    assert!(shown.contains(r#"shopfolk_background_run_duration_seconds_sum{task="count"} 6"#), "{shown}");
    assert_shown(&metrics, r#"shopfolk_background_restarts_total{task="count"} 0"#);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_panics_is_followed_by_others() {
    let (metrics, _measuring) = measure();
    let (told, mut starts) = mpsc::unbounded_channel();
    let times = AtomicU32::new(0);
    let task = BackgroundTask::every(Duration::from_secs(15), "count", move || {
        told.send(Instant::now()).unwrap();
        assert!(times.fetch_add(1, Ordering::Relaxed) != 1, "no luck");
        async {}
    });
    let _background = Background::start([task]);
    assert_eq!(pauses(&mut starts, 3).await, [15, 1, 15]);
    assert_shown(&metrics, r#"shopfolk_background_restarts_total{task="count"} 1"#);
}

#[tokio::test(start_paused = true)]
async fn stopping_finishes_the_run_that_has_begun_and_begins_no_other() {
    let (begins_and_ends, mut said) = mpsc::unbounded_channel();
    let task = BackgroundTask::every(Duration::from_secs(15), "count", move || {
        let say = begins_and_ends.clone();
        async move {
            say.send("begins").unwrap();
            sleep(Duration::from_secs(5)).await;
            say.send("ends").unwrap();
        }
    });
    let background = Background::start([task]);
    assert_eq!(said.recv().await, Some("begins"));
    background.stop(Instant::now() + Duration::from_secs(10)).await;
    assert_eq!(said.recv().await, Some("ends"));
    assert_eq!(said.recv().await, None);
}

/// Work without an end. What it tells on ends with it, so that a test hears of it.
fn endless(name: &'static str, schedule: Schedule) -> (BackgroundTask, mpsc::UnboundedReceiver<()>) {
    let (begins, said) = mpsc::unbounded_channel();
    let work = move || {
        let begins = begins.clone();
        async move {
            begins.send(()).unwrap();
            pending::<()>().await;
        }
    };
    let task = match schedule {
        Schedule::Every(interval) => BackgroundTask::every(interval, name, work),
        Schedule::UntilStopped => BackgroundTask::until_stopped(name, work),
    };
    (task, said)
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_all_work_within_the_limit() {
    let (listens, mut listening) = endless("listen", Schedule::UntilStopped);
    let (counts, mut counting) = endless("count", Schedule::Every(Duration::from_secs(1)));
    let background = Background::start([listens, counts]);
    assert_eq!((listening.recv().await, counting.recv().await), (Some(()), Some(())));
    let limit = Instant::now() + Duration::from_secs(3);
    background.stop(limit).await;
    assert_eq!(Instant::now(), limit, "a run is waited for");
    assert_eq!((listening.recv().await, counting.recv().await), (None, None));
}

#[tokio::test(start_paused = true)]
async fn work_that_waits_after_a_fault_is_stopped_at_once() {
    let (task, mut starts) = work(1, || ());
    let background = Background::start([task]);
    starts.recv().await.unwrap();
    let now = Instant::now();
    background.stop(now + Duration::from_secs(10)).await;
    assert_eq!(Instant::now(), now);
    assert_eq!(starts.recv().await, None);
}
