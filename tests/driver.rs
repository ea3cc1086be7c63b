//! The driver loop and checkpoints, with a host that only writes down what it is told.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};

use burn::tensor::{Device, Int, Tensor, TensorData};
use easel::error::Error;
use easel::jobs::{Job, Progress, Snapshot, Status};
use easel::protocol::{Encoding, Event, GatysConfig, JobConfig};
use easel::session::{Command, Host, drive, networks_file};
use easel::weights::{Checkpoint, write_checkpoint};
use serde_json::{Value, json};

/// A job that counts, and turns to NaN at a given step.
struct Counter {
    step: u32,
    of: u32,
    fails_at: u32,
    kept: u32,
    restored: bool,
    tuned: Option<f32>,
    lasting: bool,
}

impl Counter {
    fn new(of: u32) -> Self {
        Self {
            step: 0,
            of,
            fails_at: u32::MAX,
            kept: 0,
            restored: false,
            tuned: None,
            lasting: false,
        }
    }
}

impl Job for Counter {
    fn step(&mut self) -> Result<Status, Error> {
        self.step += 1;
        Ok(if self.step >= self.of {
            Status::Done
        } else {
            Status::Running
        })
    }
    fn preview(&self) -> Tensor<2, Int> {
        Tensor::zeros([1, 1], &Device::flex())
    }
    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        let loss = if self.step >= self.fails_at {
            f32::NAN
        } else {
            self.step as f32
        };
        vec![("loss".into(), Tensor::from_floats([loss], &Device::flex()))]
    }
    fn progress(&self) -> Progress {
        Progress {
            step: self.step,
            of: self.of,
            done: f64::from(self.step),
            total: f64::from(self.of),
            width: 1,
            height: 1,
        }
    }
    fn lasting(&self) -> bool {
        self.lasting
    }
    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let rate = control["learningRate"].as_f64().unwrap_or(0.0) as f32;
        if rate > 1.0 {
            return Err(Error::BadSetting {
                name: "learningRate",
                detail: "too large".into(),
            });
        }
        self.tuned = Some(rate);
        Ok(())
    }
    fn keep(&mut self) {
        self.kept = self.step;
    }
    fn restore(&mut self) {
        self.restored = true;
    }
    fn save(&self) -> Snapshot {
        Snapshot {
            config: JobConfig::Gatys(GatysConfig::default()),
            meta: Value::Null,
            tensors: Vec::new(),
        }
    }
}

/// Delivers each command once the clock, which ticks at every reading, has reached its time.
#[derive(Default)]
struct Page {
    clock: Cell<f64>,
    script: RefCell<VecDeque<(f64, Command)>>,
    said: RefCell<Vec<String>>,
    progress: RefCell<Vec<u32>>,
    /// What had been said when each picture was shown.
    shown: RefCell<Vec<usize>>,
}

impl Page {
    fn new(script: Vec<(f64, Command)>) -> Self {
        let mut script: VecDeque<_> = script.into();
        script.push_back((1e9, Command::Forget));
        Self {
            script: RefCell::new(script),
            ..Self::default()
        }
    }

    fn tick(&self) {
        self.clock.set(self.clock.get() + 0.05);
    }
}

impl Host for Page {
    fn emit(&self, event: Event) {
        let word = match event {
            Event::Progress { step, .. } => {
                self.progress.borrow_mut().push(step);
                return;
            }
            Event::Paused { on, .. } => format!("paused {on}"),
            Event::Tuned { .. } => "tuned".into(),
            Event::Refused { error, .. } => format!("refused {}", error.code),
            Event::Finished { stopped, .. } => format!("finished {stopped}"),
            Event::Failed { error, .. } => format!("failed {}", error.code),
            other => format!("{other:?}"),
        };
        self.said.borrow_mut().push(word);
    }
    fn now(&self) -> f64 {
        self.tick();
        self.clock.get()
    }
    fn commands(&self) -> Vec<Command> {
        let mut due = Vec::new();
        let mut script = self.script.borrow_mut();
        while script
            .front()
            .is_some_and(|(at, _)| *at <= self.clock.get())
        {
            due.extend(script.pop_front().map(|(_, command)| command));
        }
        due
    }
    async fn breathe(&self) {}
    async fn wait(&self) {
        // Nothing happens until the next command.
        if let Some((at, _)) = self.script.borrow().front() {
            self.clock.set(self.clock.get().max(*at));
        }
    }
    async fn show(&mut self, _: Tensor<2, Int>, _: u32) -> Result<(), Error> {
        self.shown.borrow_mut().push(self.said.borrow().len());
        Ok(())
    }
    async fn image(&mut self, ticket: u32, _: Encoding, _: Tensor<2, Int>) {
        self.said.borrow_mut().push(format!("image {ticket}"));
    }
    async fn checkpoint(&mut self, ticket: u32, _: &dyn Job) {
        self.said.borrow_mut().push(format!("checkpoint {ticket}"));
    }
    async fn weights(&mut self, ticket: u32, job: &dyn Job) {
        let told = match networks_file(job).await {
            Ok(file) => format!("weights {ticket}: {} bytes", file.len()),
            Err(e) => format!("weights {ticket}: {e}"),
        };
        self.said.borrow_mut().push(told);
    }
    fn measured(&self, _: f64) {}
}

fn run(job: &mut Counter, script: Vec<(f64, Command)>) -> Page {
    let mut page = Page::new(script);
    pollster::block_on(drive(1, job, &mut page));
    page
}

fn image(ticket: u32) -> Command {
    Command::Image {
        ticket,
        encoding: Encoding::default(),
    }
}

#[test]
fn a_job_runs_to_its_end_and_answers_afterwards() {
    let mut job = Counter::new(50);
    let page = run(
        &mut job,
        vec![
            (1e6, image(7)),
            (1e6, Command::Checkpoint { ticket: 8 }),
            (1e6, Command::Weights { ticket: 9 }),
        ],
    );
    assert_eq!(
        *page.said.borrow(),
        [
            "finished false",
            "image 7",
            "checkpoint 8",
            "weights 9: job: it trains no networks"
        ]
    );
    assert_eq!(page.progress.borrow().last(), Some(&50));
    assert_eq!(job.kept, 50);
}

#[test]
fn fast_steps_are_queued_together_between_readings() {
    let page = run(&mut Counter::new(500), vec![]);
    let readings = page.progress.borrow().len();
    // At 0.05 s a reading, the loop aims at 0.1 s and queues up to 32 steps.
    assert!(
        (10..100).contains(&readings),
        "{readings} readings for 500 steps"
    );
}

#[test]
fn a_stop_keeps_what_there_is() {
    let mut job = Counter::new(1_000_000);
    let page = run(&mut job, vec![(1.0, Command::Stop), (1e6, image(1))]);
    assert_eq!(*page.said.borrow(), ["finished true", "image 1"]);
    assert!(job.step < 1_000_000);
}

#[test]
fn a_pause_holds_the_step_until_it_ends() {
    let script = vec![
        (0.5, Command::Pause(true)),
        (100.0, image(1)),
        (200.0, Command::Pause(false)),
        (200.5, Command::Stop),
    ];
    let mut job = Counter::new(1_000_000);
    let page = run(&mut job, script);
    let said = page.said.borrow();
    assert_eq!(
        *said,
        ["paused true", "image 1", "paused false", "finished true"]
    );
    // Had it gone on for the 200 seconds, there would be thousands.
    assert!(job.step < 2_000, "{} steps", job.step);
}

#[test]
fn a_held_run_does_the_steps_that_are_asked_for_and_is_held_again() {
    let script = vec![
        (0.1, Command::Step(7)),
        (0.2, Command::Pause(true)),
        (0.3, Command::Step(3)),
        (0.9, Command::Stop),
    ];
    let mut job = Counter::new(1_000_000);
    let page = run(&mut job, script);
    let said = page.said.borrow();
    assert_eq!(*said, ["paused true", "paused true", "finished true"]);
    let progress = page.progress.borrow();
    // Two steps to a reading at this pace.
    let [.., before, _, last] = progress[..] else {
        panic!("{progress:?}");
    };
    assert_eq!((last, job.step), (before + 3, last), "{progress:?}");
}

#[test]
fn a_control_out_of_range_is_refused_and_the_run_goes_on() {
    let tune = |rate: f32| Command::Tune(json!({ "learningRate": rate }));
    let mut job = Counter::new(100);
    let page = run(&mut job, vec![(0.1, tune(5.0)), (0.1, tune(0.5))]);
    assert_eq!(
        *page.said.borrow(),
        ["refused bad-setting", "tuned", "finished false"]
    );
    assert_eq!(job.tuned, Some(0.5));
}

#[test]
fn controls_that_last_are_shown_after_the_end_before_they_are_answered() {
    let tune = |rate: f32| Command::Tune(json!({ "learningRate": rate }));
    let script = || vec![(1e6, tune(0.5)), (1e6, tune(5.0))];
    let said = ["finished false", "tuned", "refused bad-setting"];
    for lasting in [true, false] {
        let mut job = Counter {
            lasting,
            ..Counter::new(3)
        };
        let page = run(&mut job, script());
        assert_eq!(*page.said.borrow(), said);
        assert_eq!(job.tuned, Some(0.5));
        let shown = page.shown.borrow();
        let after = shown.iter().filter(|said| **said == 1).count();
        assert_eq!(after, usize::from(lasting), "{shown:?}");
    }
}

#[test]
fn a_loss_that_is_not_a_number_ends_the_run_at_the_last_good_picture() {
    let mut job = Counter {
        fails_at: 20,
        ..Counter::new(100)
    };
    let page = run(&mut job, vec![(1e6, image(1))]);
    assert_eq!(*page.said.borrow(), ["failed not-finite", "image 1"]);
    assert!(job.restored && job.kept < 20, "kept {}", job.kept);
}

#[test]
fn a_forgotten_run_says_nothing_more() {
    let page = run(&mut Counter::new(1_000_000), vec![(0.5, Command::Forget)]);
    assert!(page.said.borrow().is_empty(), "{:?}", page.said.borrow());
}

fn checkpoint() -> (Vec<u8>, JobConfig) {
    let config = JobConfig::Gatys(GatysConfig {
        style_weight: 3.5,
        seed: 9,
        ..GatysConfig::default()
    });
    let inputs = BTreeMap::from([
        ("content".to_owned(), ("lake.png".to_owned(), vec![1, 2, 3])),
        ("style.0".to_owned(), ("waves.png".to_owned(), vec![])),
    ]);
    let tensors = [("image".to_owned(), TensorData::from([0.25_f32, -1.5, 3.0]))];
    let meta = json!({ "scale": 1, "at": 2 });
    (
        write_checkpoint(&config, &meta, &inputs, &tensors).expect("plain data"),
        config,
    )
}

#[test]
fn a_checkpoint_comes_back_as_it_was() {
    let (bytes, config) = checkpoint();
    let read = Checkpoint::read(&bytes).expect("its own file");
    assert_eq!(read.config, config);
    assert_eq!(read.meta["at"], 2);
    assert_eq!(
        read.inputs["content"],
        ("lake.png".to_owned(), vec![1, 2, 3])
    );
    assert_eq!(read.tensors["image"], [0.25, -1.5, 3.0]);
}

#[test]
fn broken_checkpoints_are_refused() {
    let (bytes, _) = checkpoint();
    for cut in [0, 7, 40, bytes.len() - 1] {
        let result = Checkpoint::read(&bytes[..cut]);
        assert!(
            matches!(result, Err(Error::BadCheckpoint(_))),
            "cut at {cut}: {result:?}"
        );
    }
    let weights = easel::weights::write_f16(&[], BTreeMap::new()).expect("an empty file");
    assert!(matches!(
        Checkpoint::read(&weights),
        Err(Error::BadCheckpoint(_))
    ));
}

/// A flip may change a number, a name or a setting, which another place checks. What is read keeps
/// its tensors' lengths, as the header's own numbers must fit the file, and holds no NaN.
#[test]
fn every_flipped_bit_of_a_checkpoint_is_refused_or_leaves_sound_tensors() {
    let (mut bytes, _) = checkpoint();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            match Checkpoint::read(&bytes) {
                Ok(read) => {
                    let tensors: Vec<&Vec<f32>> = read.tensors.values().collect();
                    assert!(
                        tensors.len() == 1 && tensors[0].len() == 3,
                        "bit {bit} of byte {at}: {tensors:?}"
                    );
                    assert!(
                        tensors[0].iter().all(|value| value.is_finite()),
                        "bit {bit} of byte {at}: {tensors:?}"
                    );
                    let mut files: Vec<usize> =
                        read.inputs.values().map(|(_, file)| file.len()).collect();
                    files.sort_unstable();
                    assert_eq!(files, [0, 3], "bit {bit} of byte {at}");
                }
                Err(Error::BadCheckpoint(_)) => {}
                Err(other) => panic!("bit {bit} of byte {at}: {other}"),
            }
            bytes[at] ^= 1 << bit;
        }
    }
}
