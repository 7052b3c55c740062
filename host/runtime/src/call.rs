//! One call of a hook: a fresh instance, a full budget, and what came of it.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, UpdateDeadline};

use crate::contract::Hook;
use crate::failure::{Circumstances, Failure, classify};
use crate::host::Host;
use crate::limits::Limits;
use crate::runtime::Shared;
use crate::state::State;
use crate::ticker::TICK;

/// What came of a call.
pub struct Run<T> {
    pub result: Result<T, Failure>,
    /// The host that was lent to the plugin. After a failure its buffered effects are to be dropped.
    pub host: Box<dyn Host>,
    /// Fuel used, the instance's start included.
    pub fuel: u64,
    /// Bytes of linear memory at the end.
    pub memory: usize,
    /// Calls with an effect.
    pub effects: u32,
    /// Log lines over the limit, which did not reach the log.
    pub suppressed: u32,
}

impl<T: fmt::Debug> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("result", &self.result)
            .field("fuel", &self.fuel)
            .finish_non_exhaustive()
    }
}

impl<T> Run<T> {
    /// The host as what it was; `None` where it is of another type.
    pub fn host_as<H: Host>(self) -> Option<(Result<T, Failure>, Box<H>)> {
        let host: Box<dyn Any> = self.host;
        host.downcast().ok().map(|host| (self.result, host))
    }

    pub(crate) fn not_run(host: Box<dyn Host>, failure: Failure) -> Self {
        Self {
            result: Err(failure),
            host,
            fuel: 0,
            memory: 0,
            effects: 0,
            suppressed: 0,
        }
    }

    pub(crate) fn unused(host: Box<dyn Host>, value: T) -> Self {
        Self {
            result: Ok(value),
            host,
            fuel: 0,
            memory: 0,
            effects: 0,
            suppressed: 0,
        }
    }

    pub(crate) fn map<U>(self, convert: impl FnOnce(T) -> U) -> Run<U> {
        let Self {
            result,
            host,
            fuel,
            memory,
            effects,
            suppressed,
        } = self;
        Run {
            result: result.map(convert),
            host,
            fuel,
            memory,
            effects,
            suppressed,
        }
    }

    /// Turns an answer that breaks a rule into a failure.
    pub(crate) fn checked(mut self, check: impl FnOnce(&T) -> Result<(), String>) -> Self {
        if let Ok(value) = &self.result
            && let Err(reason) = check(value)
        {
            self.result = Err(Failure::Invalid(reason));
        }
        self
    }
}

/// Instantiates, calls, and names what went wrong.
pub(crate) fn perform<T>(
    shared: &Shared,
    pre: &InstancePre<State>,
    waits: bool,
    hook: Hook,
    host: Box<dyn Host>,
    limits: &Limits,
    call: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<T>,
) -> Run<T> {
    let _slot = shared.slots.take();
    let _running = shared.ticker.running();
    let budget = limits.fuel(hook);
    let mut store = Store::new(&shared.engine, State::new(host, limits, hook));
    store.limiter(|state| &mut state.guard);
    store.set_hostcall_fuel(limits.host_call_data);
    store.set_max_component_handles(limits.handles);
    store.set_epoch_deadline(ticks(limits.deadline(hook)));
    if waits && !hook.in_message_pipeline() {
        store.epoch_deadline_callback(|mut store| {
            let waited = std::mem::take(&mut store.data_mut().waited);
            Ok(if waited >= TICK {
                UpdateDeadline::Continue(ticks(waited))
            } else {
                UpdateDeadline::Interrupt
            })
        });
    }
    let answer = store
        .set_fuel(budget)
        .and_then(|()| pre.instantiate(&mut store))
        .and_then(|instance| call(&mut store, &instance));
    let fuel = budget - store.get_fuel().unwrap_or(0).min(budget);
    let result = answer.map_err(|error| {
        let state = store.data();
        let around = Circumstances {
            limits,
            guard: &state.guard,
            fuel: budget,
            deadline: limits.deadline(hook),
            said: state.said(),
        };
        classify(&error, around)
    });
    let state = store.into_data();
    Run {
        result,
        fuel,
        memory: state.guard.memory(),
        effects: state.effects(),
        suppressed: state.suppressed(),
        host: state.host,
    }
}

/// At least one, rounded up: a deadline is never shorter than asked for.
fn ticks(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(TICK.as_nanos()))
        .unwrap_or(u64::MAX >> 1)
        .saturating_add(1)
}
