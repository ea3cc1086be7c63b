//! The session in a worker: takes requests, owns the device, the models and the running job.

mod cyclegan;
mod gan;
mod learning;
mod own;
mod pix2pix;
mod progan;
mod stackgan;
mod stylize;
mod walk;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use burn::tensor::{Device, Tensor, TensorData};
use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::caption;
use super::driver::{Command, Host, drive};
use super::host::{Browser, Mailbox, Post, png};

use super::inputs::{Inputs, files, read_blob, read_network, read_picture};
use crate::data::dataset::Dataset;
use crate::data::{decode::Picture, pairs::edges_of, scenes, styles};
use crate::error::Error;
use crate::gpu::{self, Gpu, Presenter};
use crate::jobs::{
    Gatys, GatysInputs, Memory, estimate, estimate_cyclegan, estimate_gan, estimate_pix2pix,
    estimate_progan, estimate_stackgan,
};
use crate::models::{Architecture, Classifier, FeatureNetwork};
use crate::ops::{Adapter, check_kernels, use_adapter};
use crate::protocol::{
    AdapterInfo, Defaults, Estimate, Event, GatysConfig, JobConfig, KernelCheck, ModelInfo, Note,
    Request, SampleKind, Samples,
};
use crate::weights::{self, Checkpoint, Weights};
use cyclegan::DrawnKinds;
use gan::Drawn;
use pix2pix::DrawnPairs;
use stylize::LastNetwork;

/// What the worker's script lends to the session.
#[derive(Clone)]
pub struct Services {
    /// `(event, bitmap?, blob?)`: posts to the page.
    pub post: Post,
    /// `(run, model, file) -> Promise<Uint8Array>`: fetches a shipped file, reporting progress.
    pub fetch: Function,
    /// `() -> Promise`: resolves in a new macrotask.
    pub breathe: Function,
}

/// Lives as long as the worker.
#[derive(Clone)]
pub struct Session(Rc<State>);

struct State {
    services: Services,
    gpu: RefCell<Option<Gpu>>,
    presenter: Rc<RefCell<Option<Presenter>>>,
    rate: Rc<Cell<Option<f64>>>,
    current: RefCell<Option<(u32, Rc<Mailbox>)>>,
    networks: RefCell<HashMap<String, (Architecture, Rc<FeatureNetwork>)>>,
    classifiers: RefCell<HashMap<&'static str, Classifier>>,
    pictures: RefCell<Option<Drawn>>,
    pairs: RefCell<Option<DrawnPairs>>,
    stylizer: RefCell<Option<LastNetwork>>,
    kinds: RefCell<Option<DrawnKinds>>,
    /// The ticket of the data set that is being made.
    preparing: Cell<Option<u32>>,
}

impl Session {
    /// Announces what can be done without a GPU.
    pub fn new(services: Services) -> Self {
        let names = |names: &[&str]| names.iter().map(|n| String::from(*n)).collect();
        let event = Event::Loaded {
            models: weights::manifest(),
            defaults: Defaults::default(),
            samples: Samples {
                scene: names(&scenes::NAMES),
                style: names(&styles::NAMES),
            },
        };
        services.post.send(&event, None, None);
        Self(Rc::new(State {
            services,
            gpu: RefCell::default(),
            presenter: Rc::default(),
            rate: Rc::default(),
            current: RefCell::default(),
            networks: RefCell::default(),
            classifiers: RefCell::default(),
            pictures: RefCell::default(),
            pairs: RefCell::default(),
            stylizer: RefCell::default(),
            kinds: RefCell::default(),
            preparing: Cell::default(),
        }))
    }

    /// Starts the device; answered by `ready` or `failed`.
    pub async fn start(&self, info: AdapterInfo) {
        match gpu::start(info).await {
            Ok(gpu) => {
                use_adapter(Adapter::new(gpu.info.fallback));
                *self.0.presenter.borrow_mut() = Some(Presenter::new(gpu.setup.clone()));
                let adapter = gpu.info.clone();
                *self.0.gpu.borrow_mut() = Some(gpu);
                self.emit(&Event::Ready { adapter });
            }
            Err(error) => self.fail(None, None, &error),
        }
    }

    /// Takes a request and what came beside it.
    pub fn handle(&self, request: Request, inputs: JsValue, checkpoint: JsValue) {
        match request {
            Request::Start { run, job } => {
                self.spawn(run, async move |session: Session, mailbox| {
                    let inputs = Inputs::take(&inputs);
                    session.begin(run, job, inputs, None, mailbox).await
                });
            }
            Request::Resume { run } => self.spawn(run, async move |session: Session, mailbox| {
                let not_a_file = || Error::BadCheckpoint("there is no file".into());
                let blob: Blob = checkpoint.dyn_into().map_err(|_| not_a_file())?;
                let mut saved = Checkpoint::read(&read_blob(&blob).await?)?;
                let inputs = Inputs::from_bytes(std::mem::take(&mut saved.inputs));
                let job = saved.config.clone();
                session.begin(run, job, inputs, Some(saved), mailbox).await
            }),
            Request::Pause { run, on } => self.command(run, Command::Pause(on)),
            Request::Tune { run, control } => self.command(run, Command::Tune(control)),
            Request::Step { run, count } => self.command(run, Command::Step(count)),
            Request::Stop { run } => self.command(run, Command::Stop),
            Request::Forget { run } => self.command(run, Command::Forget),
            Request::Image {
                run,
                ticket,
                encoding,
            } => {
                self.ask(run, ticket, Command::Image { ticket, encoding });
            }
            Request::Checkpoint { run, ticket } => {
                self.ask(run, ticket, Command::Checkpoint { ticket });
            }
            Request::Weights { run, ticket } => {
                self.ask(run, ticket, Command::Weights { ticket });
            }
            Request::Estimate {
                ticket,
                job,
                width,
                height,
            } => match self.estimate(&job, width, height) {
                Ok(estimate) => self.emit(&Event::Estimate { ticket, estimate }),
                Err(error) => self.fail(None, Some(ticket), &error),
            },
            Request::Prepare {
                ticket,
                size,
                names,
                pairs,
            } => {
                self.0.preparing.set(Some(ticket));
                let (session, files) = (self.clone(), files(&inputs));
                spawn_local(async move {
                    match session.prepare(ticket, size, pairs, &names, &files).await {
                        Ok((event, blob)) => {
                            session.0.services.post.send(&event, None, Some(&blob));
                        }
                        Err(error) => session.fail(None, Some(ticket), &error),
                    }
                });
            }
            Request::Caption { ticket, asked } => {
                let said = caption(&asked);
                self.emit(&Event::Caption { ticket, said });
            }
            Request::Abandon { ticket } => {
                if self.0.preparing.get() == Some(ticket) {
                    self.0.preparing.set(None);
                }
            }
            Request::Data { ticket, job } => {
                let session = self.clone();
                spawn_local(async move {
                    let inputs = Inputs::take(&inputs);
                    match session.data_sheet(&job, &inputs).await {
                        Ok(blob) => {
                            let event = Event::Sample { ticket };
                            session.0.services.post.send(&event, None, Some(&blob));
                        }
                        Err(error) => session.fail(None, Some(ticket), &error),
                    }
                });
            }
            Request::SelfTest { ticket } => {
                let session = self.clone();
                spawn_local(async move {
                    match session.self_test().await {
                        Ok(checks) => session.emit(&Event::SelfTest { ticket, checks }),
                        Err(error) => session.fail(None, Some(ticket), &error),
                    }
                });
            }
            Request::Sample {
                ticket,
                kind,
                name,
                seed,
                size,
            } => match sample(kind, &name, seed, size) {
                Ok(blob) => {
                    let event = Event::Sample { ticket };
                    self.0.services.post.send(&event, None, Some(&blob));
                }
                Err(error) => self.fail(None, Some(ticket), &error),
            },
        }
    }

    fn emit(&self, event: &Event) {
        self.0.services.post.send(event, None, None);
    }

    fn fail(&self, run: Option<u32>, ticket: Option<u32>, error: &Error) {
        let error = error.failure();
        self.emit(&Event::Failed { run, ticket, error });
    }

    /// Commands for an old run have nobody to go to any more, and need nobody.
    fn command(&self, run: u32, command: Command) {
        if let Some((current, mailbox)) = self.0.current.borrow().as_ref()
            && *current == run
        {
            mailbox.put(command);
        }
    }

    /// As [`Self::command`], but somebody waits for the answer.
    fn ask(&self, run: u32, ticket: u32, command: Command) {
        let current = self.0.current.borrow();
        match current.as_ref() {
            Some((current, mailbox)) if *current == run && !mailbox.over.get() => {
                mailbox.put(command)
            }
            _ => self.fail(Some(run), Some(ticket), &Error::NoRun),
        }
    }

    /// Runs `job` after the run before it has let go of its memory.
    fn spawn<F>(&self, run: u32, job: F)
    where
        F: AsyncFnOnce(Session, Rc<Mailbox>) -> Result<(), Error> + 'static,
    {
        let mailbox = Rc::new(Mailbox::default());
        let before = self.0.current.replace(Some((run, mailbox.clone())));
        let session = self.clone();
        spawn_local(async move {
            if let Some((_, before)) = before {
                before.put(Command::Forget);
                while !before.over.get() {
                    session.breathe().await;
                }
            }
            if let Err(error) = job(session.clone(), mailbox.clone()).await {
                session.fail(Some(run), None, &error);
            }
            mailbox.over.set(true);
            if let Some(gpu) = session.0.gpu.borrow().as_ref() {
                gpu.device.memory_cleanup();
            }
        });
    }

    async fn breathe(&self) {
        if let Ok(promise) = self.0.services.breathe.call0(&JsValue::NULL) {
            let _ = JsFuture::from(promise.unchecked_into::<Promise>()).await;
        }
    }

    /// Whether a CPU computes in the guise of a GPU.
    fn is_software(&self) -> bool {
        self.0
            .gpu
            .borrow()
            .as_ref()
            .is_some_and(|gpu| gpu.info.fallback)
    }

    fn memory(&self) -> Result<Memory, Error> {
        let gpu = self.0.gpu.borrow();
        let gpu = gpu.as_ref().ok_or(Error::NoWebGpu)?;
        let limit = |name: &str| gpu.info.limits.get(name).copied().unwrap_or(0.0) as u64;
        Ok(Memory::of(
            limit("maxStorageBufferBindingSize"),
            limit("maxBufferSize"),
        ))
    }

    /// The network of a dropped file is not known before it is read: estimated as vgg19, the largest.
    fn estimate(&self, job: &JobConfig, width: u32, height: u32) -> Result<Estimate, Error> {
        let config = match job {
            JobConfig::Gatys(config) => config,
            JobConfig::Gan(config) => {
                let (shape, classes) = Dataset::kind(config);
                return estimate_gan(config, shape, classes, self.memory()?);
            }
            JobConfig::Pix2pix(config) => return estimate_pix2pix(config, self.memory()?),
            JobConfig::Progan(config) => {
                let ([channels, ..], _) = Dataset::kind(&config.pictures());
                return estimate_progan(config, channels, self.memory()?);
            }
            JobConfig::Cyclegan(config) => return estimate_cyclegan(config, self.memory()?),
            JobConfig::Stackgan(config) => return estimate_stackgan(config, self.memory()?),
            JobConfig::Walk(_) | JobConfig::Stylize(_) => {
                return Err(Error::BadSetting {
                    name: "job",
                    detail: "what a trained network takes is told when it starts".into(),
                });
            }
        };
        let architecture = match config.network.as_str() {
            "custom" => Architecture::named("vgg19"),
            id => model(id).and_then(|m| Architecture::named(&m.architecture)),
        };
        let architecture = architecture.ok_or_else(|| unknown_network(&config.network))?;
        let (memory, rate) = (self.memory()?, self.0.rate.get());
        estimate(
            config,
            &architecture,
            (width.max(1), height.max(1)),
            memory,
            rate,
        )
    }

    async fn self_test(&self) -> Result<Vec<KernelCheck>, Error> {
        let device = self.device()?;
        let checks = check_kernels(&device).await?.into_iter();
        let told = checks.map(|check| KernelCheck {
            passed: check.passed(),
            worst: check.worst.is_finite().then_some(check.worst),
            tolerance: check.tolerance,
            name: check.name,
        });
        Ok(told.collect())
    }

    fn device(&self) -> Result<Device, Error> {
        let gpu = self.0.gpu.borrow();
        gpu.as_ref()
            .map(|gpu| gpu.device.clone())
            .ok_or(Error::NoWebGpu)
    }

    async fn begin(
        &self,
        run: u32,
        job: JobConfig,
        inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        match job {
            JobConfig::Gatys(config) => self.gatys(run, config, inputs, saved, mailbox).await,
            JobConfig::Gan(config) => self.gan(run, config, inputs, saved, mailbox).await,
            JobConfig::Walk(config) => self.walk(run, config, inputs, mailbox).await,
            JobConfig::Stylize(config) => self.stylize(run, config, inputs, mailbox).await,
            JobConfig::Pix2pix(config) => self.pix2pix(run, config, inputs, saved, mailbox).await,
            JobConfig::Cyclegan(config) => self.cyclegan(run, config, inputs, saved, mailbox).await,
            JobConfig::Progan(config) => self.progan(run, config, inputs, saved, mailbox).await,
            JobConfig::Stackgan(config) => self.stackgan(run, config, inputs, saved, mailbox).await,
        }
    }

    /// The host of a run that begins.
    fn host(&self, run: u32, inputs: Inputs, mailbox: Rc<Mailbox>) -> Browser {
        Browser {
            run,
            post: self.0.services.post.clone(),
            mailbox,
            presenter: self.0.presenter.clone(),
            breathe: self.0.services.breathe.clone(),
            rate: Rc::default(),
            inputs: Rc::new(inputs),
        }
    }

    async fn gatys(
        &self,
        run: u32,
        config: GatysConfig,
        inputs: Inputs,
        saved: Option<Checkpoint>,
        mailbox: Rc<Mailbox>,
    ) -> Result<(), Error> {
        let device = self.device()?;
        let mut notes = Vec::new();
        let mut keep = |picture: Picture| {
            notes.extend(picture.notes);
            picture.pixels
        };
        let missing = |name: &'static str| match saved {
            None => Error::BadSetting {
                name,
                detail: "a picture is missing".into(),
            },
            Some(_) => Error::BadCheckpoint("it lacks its pictures".into()),
        };
        let file = inputs.get("content").ok_or_else(|| missing("content"))?;
        let content_name = file.name.clone();
        let style_files = inputs.list("style");
        if style_files.is_empty() {
            return Err(missing("styles"));
        }
        let content = keep(read_picture(file).await?);
        let mut styles = Vec::new();
        for style in style_files {
            styles.push(keep(read_picture(style).await?));
        }
        let init = match inputs.get("init") {
            Some(init) => Some(keep(read_picture(init).await?)),
            None => None,
        };
        let (architecture, net) = self.network(run, &config.network, &inputs).await?;
        let size = content.dimensions();
        let (memory, rate) = (self.memory()?, self.0.rate.get());
        let estimate = estimate(&config, &architecture, size, memory, rate)?;
        if !estimate.fits {
            return Err(Error::TooLarge {
                size: config.size,
                largest: estimate.largest,
            });
        }
        if size.0.max(size.1) > config.size {
            let note = |code: &str| Note {
                code: code.into(),
                subject: content_name.clone(),
            };
            notes.push(note("shrunk"));
        }
        let pictures = GatysInputs {
            content,
            styles,
            init,
        };
        let mut job = Gatys::new(config, pictures, architecture, net, &device)?;
        if let Some(mut saved) = saved {
            let meta = std::mem::take(&mut saved.meta);
            job.load(&meta, |name| {
                let values = saved.tensors.remove(name)?;
                let length = values.len();
                Some(Tensor::from_data(
                    TensorData::new(values, [length]),
                    &device,
                ))
            })?;
        }
        let mut host = Browser {
            rate: self.0.rate.clone(),
            ..self.host(run, inputs, mailbox)
        };
        let (width, height) = (estimate.width, estimate.height);
        host.emit(Event::Started {
            run,
            width,
            height,
            estimate,
            notes,
            generator: None,
            generators: Vec::new(),
            kernels: None,
        });
        drive(run, &mut job, &mut host).await;
        Ok(())
    }

    /// A network of the manifest, fetched and verified once; or the file beside the request.
    async fn network(
        &self,
        run: u32,
        id: &str,
        inputs: &Inputs,
    ) -> Result<(Architecture, Rc<FeatureNetwork>), Error> {
        let device = self.device()?;
        if id == "custom" {
            let file = inputs.get("network").ok_or_else(|| Error::BadSetting {
                name: "network",
                detail: "`custom` needs a file of weights".into(),
            })?;
            let (architecture, weights) = read_network(file).await?;
            let net = architecture.load(&weights, &device)?;
            return Ok((architecture, Rc::new(net)));
        }
        if let Some(found) = self.0.networks.borrow().get(id) {
            return Ok(found.clone());
        }
        let model = model(id).ok_or_else(|| unknown_network(id))?;
        let architecture = Architecture::named(&model.architecture);
        let architecture = architecture.ok_or_else(|| unknown_network(id))?;
        let bytes = self.fetch(run, &model).await?;
        weights::verify(&model, &bytes)?;
        let weights = Weights::read(&model.file, &bytes, |_| Ok(architecture.expected()))?;
        let found = (architecture, Rc::new(architecture.load(&weights, &device)?));
        self.0
            .networks
            .borrow_mut()
            .insert(id.into(), found.clone());
        Ok(found)
    }

    /// The name and the bytes of a trained start.
    async fn trained(&self, run: u32, id: &str) -> Result<(String, Vec<u8>), Error> {
        let model = model(id).ok_or_else(|| Error::BadSetting {
            name: "start",
            detail: format!("there is no start {id}"),
        })?;
        let bytes = self.fetch(run, &model).await?;
        weights::verify(&model, &bytes)?;
        Ok((model.file, bytes))
    }

    async fn fetch(&self, run: u32, model: &ModelInfo) -> Result<Vec<u8>, Error> {
        let failed = |e: JsValue| Error::BadWeights {
            name: model.file.clone(),
            code: "weights-fetch",
            detail: format!("it could not be loaded: {e:?}"),
        };
        let (id, file) = (JsValue::from(&model.id), JsValue::from(&model.file));
        let fetch = &self.0.services.fetch;
        let promise = fetch
            .call3(&JsValue::NULL, &run.into(), &id, &file)
            .map_err(failed)?;
        let bytes = JsFuture::from(promise.unchecked_into::<Promise>())
            .await
            .map_err(failed)?;
        Ok(bytes.unchecked_into::<Uint8Array>().to_vec())
    }
}

fn model(id: &str) -> Option<ModelInfo> {
    weights::manifest().into_iter().find(|m| m.id == id)
}

fn unknown_network(id: &str) -> Error {
    Error::BadSetting {
        name: "network",
        detail: format!("there is no network {id}"),
    }
}

/// The largest sample drawn, in pixels.
const LARGEST_SAMPLE: u32 = 2048;

fn sample(kind: SampleKind, name: &str, seed: u32, size: u32) -> Result<Blob, Error> {
    let size = size.clamp(1, LARGEST_SAMPLE);
    let (w, h) = match kind {
        SampleKind::Scene | SampleKind::Style => (size, (size * 3 / 4).max(1)),
        SampleKind::Labels | SampleKind::Edges => (size, size),
    };
    let scene = || scenes::Scene::new(name, seed);
    let picture = match kind {
        SampleKind::Scene => scene().map(|scene| scene.photo(w, h)),
        SampleKind::Style => styles::draw(name, w, h, seed),
        SampleKind::Labels => scene().map(|scene| scene.label_picture(w, h)),
        SampleKind::Edges => scene().map(|scene| edges_of(&scene, size)),
    };
    let picture = picture.ok_or_else(|| Error::BadSetting {
        name: "name",
        detail: format!("there is no sample {name}"),
    })?;
    png(&image::DynamicImage::from(picture).into_rgba8(), w, h)
}
