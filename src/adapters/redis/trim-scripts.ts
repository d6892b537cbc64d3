import { Script } from './commands.js'
import { MARK } from './entry.js'

/** Lua that compares entry ids and lists the groups of the stream in KEYS[1]. */
const COMPARE = `
local function parse(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(seq)
end
local function before(a, b)
  local ams, aseq = parse(a)
  local bms, bseq = parse(b)
  return ams < bms or (ams == bms and aseq < bseq)
end
local groups = {}
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local info = {}
  for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
  groups[#groups + 1] = info
end`

/**
 * Removes entries that every group has acknowledged, including those of other senders, except the newest `keep` of the
 * stream; at most 100 at a time if `keep` is not 0.
 * KEYS: stream. ARGV: keep. Returns how many were removed.
 */
export const TRIM = new Script(`
local stream, keep = KEYS[1], tonumber(ARGV[1])
local surplus = redis.call('XLEN', stream) - keep
if surplus <= 0 then return 0 end
${COMPARE}
local function after(id)
  local ms, seq = parse(id)
  return string.format('%.0f-%.0f', ms, seq + 1)
end
local bound
local function limit(id)
  if not bound or before(id, bound) then bound = id end
end
for _, info in ipairs(groups) do
  limit(after(info['last-delivered-id']))
  local first = redis.call('XPENDING', stream, info['name'])[2]
  if first then limit(first) end
end
if not bound then return 0 end
if keep > 0 then
  local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', math.min(surplus, 100))
  limit(after(oldest[#oldest][1]))
end
return redis.call('XTRIM', stream, 'MINID', bound)`)

/**
 * Removes entries that our `send` added and every group has acknowledged: the given ids, which our group has
 * acknowledged, and matching entries in a part of the stream. An entry with a field larger than a consumer reads stays.
 * KEYS: stream. ARGV: our group, largest field, where the part begins or '' for none, its number of entries, id, …
 * Returns where the next part begins, then the ids that some group has not acknowledged.
 */
export const PRUNE = new Script(`
local stream, own, largest, from, count = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
${COMPARE}
local function acknowledged(id, but)
  for _, info in ipairs(groups) do
    if info['name'] ~= but then
      if before(info['last-delivered-id'], id) then return false end
      if #redis.call('XPENDING', stream, info['name'], id, id, 1) > 0 then return false end
    end
  end
  return true
end
local left, done = { '-' }, {}
for i = 5, #ARGV do
  if acknowledged(ARGV[i], own) then done[#done + 1] = ARGV[i] else left[#left + 1] = ARGV[i] end
end
for i = 1, #done, 500 do
  redis.call('XDEL', stream, unpack(done, i, math.min(#done, i + 499)))
end
if from ~= '' then
  local page = redis.call('XRANGE', stream, from, '+', 'COUNT', count)
  for _, entry in ipairs(page) do
    local ours, small = false, true
    for i = 1, #entry[2], 2 do
      if entry[2][i] == '${MARK}' then ours = true end
      if #entry[2][i + 1] > largest then small = false end
    end
    if ours and small and acknowledged(entry[1]) then redis.call('XDEL', stream, entry[1]) end
  end
  if #page == count then left[1] = '(' .. page[#page][1] end
end
return left`)
