import { loadCustomAdapter } from '../src/actor/custom-adapter.js'
import { runActor } from '../src/actor/run-actor.js'

void loadCustomAdapter().then(runActor)
