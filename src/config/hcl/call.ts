import type { Call, Expression } from './ast.js'
import { didYouMean } from './diagnostics.js'
import type { Evaluation } from './evaluation.js'
import { FunctionFault } from './functions/define.js'
import { MissingEnvironment } from './functions/system.js'
import { inNormalForm } from './normal-form.js'
import { findFunction, functionNames, lookup } from './scope.js'
import { missingEnvironment } from './traversal.js'
import type { HclFunction } from './values.js'
import { getKey, type HclObject, type HclValue, isObject, LATE, type Outcome } from './values.js'

/** Evaluates a function call. */
export function evaluateCall(evaluation: Evaluation, node: Call): Outcome {
  const called = findFunction(evaluation.scope, node.name)
  if (called === undefined) {
    // Evaluate the arguments anyway, to report their errors.
    evaluation.values(node.arguments)
    return unknownFunction(evaluation, node)
  }
  if (called.lazy !== undefined) return lazily(evaluation, node, called)
  const values = evaluation.values(node.arguments)
  if (values === undefined || values === LATE) return values
  if (node.expand) {
    const last = node.arguments.at(-1)!
    const list = values.pop()!
    if (!Array.isArray(list)) {
      return evaluation.fault(last.span, {
        message: 'only a list can be expanded with ...',
        expected: 'a list',
        found: evaluation.found(last, list),
      })
    }
    values.push(...list)
  }
  return checkCount(evaluation, node, called, values.length) && evaluation.mayRead(node, values)
    ? run(evaluation, node, called, values)
    : undefined
}

function lazily(evaluation: Evaluation, node: Call, called: HclFunction): Outcome {
  if (node.expand) {
    return evaluation.fault(node.span, {
      message: `the arguments of ${node.name} cannot be expanded with ...`,
    })
  }
  if (!checkCount(evaluation, node, called, node.arguments.length)) return undefined
  const outcome = called.lazy!(node.arguments.map((argument) => () => evaluation.quietly().value(argument)))
  if (outcome !== undefined) return outcome
  // Report the errors of the last argument, which is the fallback.
  return evaluation.value(node.arguments.at(-1)!)
}

/** Reports an unknown function. */
export function unknownFunction(evaluation: Evaluation, node: Call): undefined {
  const near = didYouMean(node.name, functionNames(evaluation.scope))
  return evaluation.fault(node.nameSpan, {
    message: `unknown function "${node.name}"`,
    ...(near === undefined ? {} : { hint: `did you mean "${near}"?` }),
  })
}

function checkCount(evaluation: Evaluation, node: Call, called: HclFunction, count: number): boolean {
  const { minimum, maximum } = called
  if (count >= minimum && count <= maximum) return true
  const range =
    minimum === maximum
      ? minimum
      : maximum === Number.POSITIVE_INFINITY
        ? `at least ${minimum}`
        : `${minimum} to ${maximum}`
  const surplus = count > maximum && !node.expand ? node.arguments[maximum]!.span : undefined
  evaluation.fault(surplus ?? node.span, {
    message: `wrong number of arguments for ${node.name}`,
    expected: `${range} argument${range === 1 ? '' : 's'}`,
    found: String(count),
    hint: `the signature is ${called.signature}`,
  })
  return false
}

function run(evaluation: Evaluation, node: Call, called: HclFunction, values: HclValue[]): Outcome {
  try {
    const result = called.call(values, {
      file: node.span.source.name,
      noteFile: node.span.source.noteFile,
      environment: (name) => getKey(environment(evaluation), name),
    })
    return inNormalForm(result)
  } catch (error) {
    if (error instanceof MissingEnvironment) {
      return missingEnvironment(
        evaluation,
        error.name,
        node.span,
        didYouMean(error.name, Object.keys(environment(evaluation))),
      )
    }
    // Another error may quote the values, which may be secret.
    const fault =
      error instanceof FunctionFault ? error : new FunctionFault('the values are too large or too deep')
    return explain(evaluation, node, called, values, fault)
  }
}

function environment(evaluation: Evaluation): HclObject {
  const binding = lookup(evaluation.base, 'env')
  return binding.kind === 'value' && isObject(binding.value) ? binding.value : {}
}

function explain(
  evaluation: Evaluation,
  node: Call,
  called: HclFunction,
  values: HclValue[],
  fault: FunctionFault,
): undefined {
  const index = fault.argument
  const argument: Expression | undefined =
    index === undefined ? undefined : (node.arguments[index] ?? node.arguments.at(-1))
  const found = argument === undefined ? {} : { found: evaluation.found(argument, values[index!]!) }
  return evaluation.fault(argument?.span ?? node.span, {
    message: `${node.name}: ${fault.message}`,
    ...(fault.expected === undefined ? {} : { expected: fault.expected }),
    ...found,
    hint: fault.hint ?? `the signature is ${called.signature}`,
  })
}
