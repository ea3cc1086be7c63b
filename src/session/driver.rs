//! The one driver loop: step, throttle, read metrics, show, yield, pause, tune, stop.

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor, TensorData};
use serde_json::Value;

use crate::error::Error;
use crate::gpu::read_named;
use crate::jobs::{Job, Progress, Status, Told};
use crate::protocol::{Encoding, Event};

/// Seconds between two readings that the loop aims at. The reading is also the throttle: without it
/// steps would be queued without bound.
const READING: f64 = 0.1;
/// Seconds between two looks of the job. What is looked at may take as long as a step.
const LOOK: f64 = 0.25;
/// The most steps queued between two readings.
const QUEUE: u32 = 32;
/// How much of the old speed stays in the moving average at each reading.
const INERTIA: f64 = 0.8;

/// What the page asks of a run.
#[derive(Clone, Debug)]
pub enum Command {
    /// Hold, or go on.
    Pause(bool),
    /// Change live controls.
    Tune(Value),
    /// While held: do so many steps.
    Step(u32),
    /// Stop and keep what there is.
    Stop,
    /// Encode the present picture.
    Image {
        /// Marks the answer.
        ticket: u32,
        /// As what.
        encoding: Encoding,
    },
    /// Save the whole state.
    Checkpoint {
        /// Marks the answer.
        ticket: u32,
    },
    /// Save the networks.
    Weights {
        /// Marks the answer.
        ticket: u32,
    },
    /// Let go of everything.
    Forget,
}

/// Where a run lives: messages, clock, screen.
#[allow(async_fn_in_trait, reason = "one thread: no future is sent anywhere")]
pub trait Host {
    /// Sends an event to the page.
    fn emit(&self, event: Event);
    /// Seconds on a steady clock.
    fn now(&self) -> f64;
    /// The commands that came since the last call.
    fn commands(&self) -> Vec<Command>;
    /// Lets messages in.
    async fn breathe(&self);
    /// Returns when there may be a command.
    async fn wait(&self);
    /// Shows a picture.
    async fn show(&mut self, picture: Tensor<2, Int>, step: u32) -> Result<(), Error>;
    /// Answers [`Command::Image`].
    async fn image(&mut self, ticket: u32, encoding: Encoding, picture: Tensor<2, Int>);
    /// Answers [`Command::Checkpoint`].
    async fn checkpoint(&mut self, ticket: u32, job: &dyn Job);
    /// Answers [`Command::Weights`].
    async fn weights(&mut self, ticket: u32, job: &dyn Job);
    /// This device's speed was measured, in floating-point operations per second.
    fn measured(&self, rate: f64);
}

/// Speed over the recent readings.
#[derive(Default)]
struct Speed {
    seconds_per_step: Option<f64>,
    rate: Option<f64>,
}

impl Speed {
    fn add(&mut self, steps: u32, work: f64, seconds: f64) {
        let mix = |old: Option<f64>, new: f64| match old {
            Some(old) => old * INERTIA + new * (1.0 - INERTIA),
            None => new,
        };
        self.seconds_per_step = Some(mix(self.seconds_per_step, seconds / f64::from(steps)));
        self.rate = Some(mix(self.rate, work / seconds));
    }
}

/// Drives a job to its end, then answers requests for its picture and state, and live controls, until it is forgotten.
/// A failure is emitted, not returned: whoever started the run has nothing more to do about it.
pub async fn drive(run: u32, job: &mut dyn Job, host: &mut impl Host) {
    match work(run, job, host).await {
        Ok(Some(stopped)) => {
            let step = job.progress().step;
            // A lost device is reported by the next request that needs it.
            if job.pictured() {
                host.show(job.preview(), step).await.ok();
            }
            host.emit(Event::Finished { run, step, stopped });
        }
        Ok(None) => return,
        Err(error) => {
            if let Error::NotFinite { step } = error {
                job.restore();
                if job.pictured() {
                    host.show(job.preview(), step).await.ok();
                }
            }
            let error = error.failure();
            host.emit(Event::Failed {
                run: Some(run),
                ticket: None,
                error,
            });
        }
    }
    loop {
        host.wait().await;
        for command in host.commands() {
            match command {
                Command::Forget => return,
                Command::Tune(control) => {
                    let event = tuned(run, job, &control);
                    if job.lasting() && matches!(event, Event::Tuned { .. }) {
                        host.show(job.preview(), job.progress().step).await.ok();
                    }
                    host.emit(event);
                }
                Command::Stop | Command::Pause(_) | Command::Step(_) => {}
                other => answer(other, job, host).await,
            }
        }
    }
}

/// Applies live controls; what the page is told about it.
fn tuned(run: u32, job: &mut dyn Job, control: &Value) -> Event {
    match job.tune(control) {
        Ok(()) => Event::Tuned {
            run,
            step: job.progress().step,
        },
        Err(error) => Event::Refused {
            run,
            error: error.failure(),
        },
    }
}

/// Metrics and, if asked for, what the job looks at, in one transaction.
async fn reading(job: &mut dyn Job, look: bool) -> Result<(BTreeMap<String, f32>, Told), Error> {
    let mut named = job.metrics();
    let scalars = named.len();
    if look {
        named.extend(job.look());
    }
    let mut read = read_named(named).await?;
    let arrays = read.split_off(scalars);
    let scalar = |data: TensorData| data.iter::<f32>().next().unwrap_or(f32::NAN);
    let metrics = read.into_iter().map(|(name, data)| (name, scalar(data)));
    let metrics = metrics.collect();
    let mut told = Told::default();
    if !arrays.is_empty() {
        let arrays = arrays.into_iter();
        told = job.tell(
            arrays
                .map(|(name, data)| (name, data.iter().collect()))
                .collect(),
        );
    }
    Ok((metrics, told))
}

async fn answer(command: Command, job: &dyn Job, host: &mut impl Host) {
    match command {
        Command::Image { ticket, encoding } => {
            let picture = job.sheet(encoding.sheet.clone());
            let picture = picture.unwrap_or_else(|| job.preview());
            host.image(ticket, encoding, picture).await;
        }
        Command::Checkpoint { ticket } => host.checkpoint(ticket, job).await,
        Command::Weights { ticket } => host.weights(ticket, job).await,
        _ => {}
    }
}

/// Steps until the end (`Some(false)`), a stop (`Some(true)`) or being forgotten (`None`).
async fn work(run: u32, job: &mut dyn Job, host: &mut impl Host) -> Result<Option<bool>, Error> {
    let (mut speed, mut paused, mut slice) = (Speed::default(), false, 1);
    // Steps that a held run was asked for.
    let (mut asked, mut looked) = (0, f64::NEG_INFINITY);
    let mut before: Option<(f64, Progress)> = None;
    loop {
        for command in host.commands() {
            match command {
                Command::Stop => return Ok(Some(true)),
                Command::Forget => return Ok(None),
                Command::Pause(on) => {
                    (paused, asked) = (on, 0);
                    before = None;
                    host.emit(Event::Paused { run, on });
                }
                Command::Step(count) if paused => asked = count,
                Command::Step(_) => {}
                Command::Tune(control) => host.emit(tuned(run, job, &control)),
                other => answer(other, job, host).await,
            }
        }
        if paused && asked == 0 {
            host.wait().await;
            continue;
        }
        let mut status = Status::Running;
        for _ in 0..if paused { slice.min(asked) } else { slice } {
            status = job.step()?;
            asked = asked.saturating_sub(1);
            // A new scale is a new speed: the next reading is for it alone.
            let resized = before.is_some_and(|(_, p)| p.width != job.progress().width);
            if status == Status::Done || resized {
                break;
            }
        }
        let due = before.is_none_or(|(then, _)| then - looked >= LOOK);
        let look = due || paused || status == Status::Done;
        let (mut metrics, told) = reading(job, look).await?;
        let progress = job.progress();
        if metrics.values().any(|value| !value.is_finite()) {
            return Err(Error::NotFinite {
                step: progress.step,
            });
        }
        metrics.extend(told.metrics);
        job.keep();
        let now = host.now();
        if look {
            looked = now;
        }
        if let Some((then, last)) = before {
            let steps = progress.step - last.step;
            if last.width != progress.width {
                // The change of scale prepares targets and compiles pipelines: not a step's time.
                speed = Speed {
                    rate: speed.rate,
                    ..Speed::default()
                };
            } else if steps > 0 && now > then {
                speed.add(steps, progress.done - last.done, now - then);
            }
        }
        let per_step = speed.seconds_per_step.unwrap_or(READING);
        slice = match job.each() {
            true => 1,
            false => ((READING / per_step) as u32).clamp(1, QUEUE),
        };
        if let Some(rate) = speed.rate {
            host.measured(rate);
        }
        host.emit(Event::Progress {
            run,
            step: progress.step,
            of: progress.of,
            metrics,
            seconds_per_step: speed.seconds_per_step,
            eta: speed
                .rate
                .map(|rate| (progress.total - progress.done) / rate),
            width: progress.width,
            height: progress.height,
        });
        if !told.plot.is_empty() {
            host.emit(Event::Plot {
                run,
                step: progress.step,
                arrays: told.plot,
            });
        }
        if status == Status::Done {
            return Ok(Some(false));
        }
        if job.pictured() {
            host.show(job.preview(), progress.step).await?;
        }
        before = Some((now, progress));
        if paused && asked == 0 {
            before = None;
            host.emit(Event::Paused { run, on: true });
        }
        host.breathe().await;
    }
}
