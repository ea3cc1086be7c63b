//! The one driver loop: step, throttle, read metrics, show, yield, pause, tune, stop.

use burn::tensor::{Int, Tensor};

use crate::error::Error;
use crate::gpu::read_scalars;
use crate::jobs::{Job, Progress, Status};
use crate::protocol::{Encoding, Event, GatysControl};

/// Seconds between two readings that the loop aims at. The reading is also the throttle: without it
/// steps would be queued without bound.
const READING: f64 = 0.1;
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
    Tune(GatysControl),
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

/// Drives a job to its end, then answers requests for its picture and state until it is forgotten.
/// A failure is emitted, not returned: whoever started the run has nothing more to do about it.
pub async fn drive(run: u32, job: &mut dyn Job, host: &mut impl Host) {
    match work(run, job, host).await {
        Ok(Some(stopped)) => {
            let step = job.progress().step;
            // A lost device is reported by the next request that needs it.
            host.show(job.preview(), step).await.ok();
            host.emit(Event::Finished { run, step, stopped });
        }
        Ok(None) => return,
        Err(error) => {
            if let Error::NotFinite { step } = error {
                job.restore();
                host.show(job.preview(), step).await.ok();
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
                Command::Stop | Command::Pause(_) | Command::Tune(_) => {}
                other => answer(other, job, host).await,
            }
        }
    }
}

async fn answer(command: Command, job: &dyn Job, host: &mut impl Host) {
    match command {
        Command::Image { ticket, encoding } => host.image(ticket, encoding, job.preview()).await,
        Command::Checkpoint { ticket } => host.checkpoint(ticket, job).await,
        _ => {}
    }
}

/// Steps until the end (`Some(false)`), a stop (`Some(true)`) or being forgotten (`None`).
async fn work(run: u32, job: &mut dyn Job, host: &mut impl Host) -> Result<Option<bool>, Error> {
    let (mut speed, mut paused, mut slice) = (Speed::default(), false, 1);
    let mut before: Option<(f64, Progress)> = None;
    loop {
        for command in host.commands() {
            let step = job.progress().step;
            match command {
                Command::Stop => return Ok(Some(true)),
                Command::Forget => return Ok(None),
                Command::Pause(on) => {
                    paused = on;
                    before = None;
                    host.emit(Event::Paused { run, on });
                }
                Command::Tune(control) => match job.tune(&control) {
                    Ok(()) => host.emit(Event::Tuned { run, step }),
                    Err(error) => host.emit(Event::Refused {
                        run,
                        error: error.failure(),
                    }),
                },
                other => answer(other, job, host).await,
            }
        }
        if paused {
            host.wait().await;
            continue;
        }
        let mut status = Status::Running;
        for _ in 0..slice {
            status = job.step()?;
            // A new scale is a new speed: the next reading is for it alone.
            let resized = before.is_some_and(|(_, p)| p.width != job.progress().width);
            if status == Status::Done || resized {
                break;
            }
        }
        let metrics = read_scalars(job.metrics()).await?;
        let progress = job.progress();
        if metrics.values().any(|value| !value.is_finite()) {
            return Err(Error::NotFinite {
                step: progress.step,
            });
        }
        job.keep();
        let now = host.now();
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
        slice = ((READING / per_step) as u32).clamp(1, QUEUE);
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
        if status == Status::Done {
            return Ok(Some(false));
        }
        host.show(job.preview(), progress.step).await?;
        before = Some((now, progress));
        host.breathe().await;
    }
}
