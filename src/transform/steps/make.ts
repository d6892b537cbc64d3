import type { TransformSettings } from '../../core/settings/transform.js'
import type { Step, StepDependencies } from '../step.js'
import { aggregateStep } from './aggregate.js'
import { flattenStep, sortStep } from './arrays.js'
import { DebounceStep } from './debounce.js'
import { distinctStep } from './distinct.js'
import { filterStep } from './filter.js'
import { joinStep } from './join.js'
import { jqStep } from './jq.js'
import { mapStep, selectStep } from './map.js'
import { scriptStep } from './script.js'
import { ThrottleStep } from './throttle.js'
import { windowStep } from './window.js'

/** Makes the step of a transform. @throws JqSyntaxError */
export function makeStep(settings: TransformSettings, parts: StepDependencies): Step {
  switch (settings.type) {
    case 'jq':
      return jqStep(settings, parts)
    case 'filter':
      return filterStep(settings, parts)
    case 'map':
      return mapStep(settings, parts)
    case 'select':
      return selectStep(settings, parts)
    case 'flatten':
      return flattenStep(settings)
    case 'sort':
      return sortStep(settings, parts)
    case 'distinct':
      return distinctStep(settings, parts)
    case 'aggregate':
      return aggregateStep(settings, parts)
    case 'window':
      return windowStep(settings, parts)
    case 'throttle':
      return new ThrottleStep(settings, parts)
    case 'debounce':
      return new DebounceStep(settings, parts)
    case 'join':
      return joinStep(settings, parts)
    case 'script':
      return scriptStep(settings, parts)
  }
}
