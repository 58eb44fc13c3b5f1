"""What a Lua state begins with: `app`, `channel`, and how they ask this side for what they stand for."""

# Requests are yielded through coroutines that the dialplan makes itself: theirs answer only to what is their own.
PRELUDE = rb"""
local limit, exit, request = ...
if jit then jit.off() end
ffi = nil
if package then package.loaded.ffi, package.preload.ffi = nil, nil end
os.exit = exit
local raw_yield, raw_resume, raw_create, running =
  coroutine.yield, coroutine.resume, coroutine.create, coroutine.running
local sethook, unpack = debug.sethook, unpack or table.unpack
local select, type, tostring, error = select, type, tostring, error
local REQUEST = request
local stuck
local depth = setmetatable({}, {__mode = "k"})

local tries = 0
local function arm() tries = 0; sethook(stuck, "", limit) end

-- Who catches that with pcall, and goes on, is hit again before long, and at last wherever he is.
function stuck()
  tries = tries + 1
  sethook(stuck, "", tries < 1000 and math.random(100, 200) or 1)
  error("runs too long without asking for anything", 2)
end

local function pack(...) return {n = select("#", ...), ...} end

local function ask(kind, name, value)
  local thread = running()
  if not thread or not depth[thread] then
    error("there is no channel here: only extensions may ask for applications and variables", 3)
  end
  local answer = pack(raw_yield(REQUEST, kind, name, value))
  arm()
  if answer[1] == "error" then error(answer[2], 0) end
  return answer[2]
end

function coroutine.resume(thread, ...)
  depth[thread] = depth[running() or 0]
  local got = pack(raw_resume(thread, ...))
  while got[1] and got[2] == REQUEST do
    got = pack(raw_resume(thread, raw_yield(unpack(got, 2, got.n))))
  end
  return unpack(got, 1, got.n)
end

function coroutine.create(body)
  local thread = raw_create(body)
  if not jit then sethook(thread, stuck, "", limit) end
  return thread
end

function coroutine.wrap(body)
  local thread = coroutine.create(body)
  return function(...)
    local got = pack(coroutine.resume(thread, ...))
    if not got[1] then error(got[2], 0) end
    return unpack(got, 2, got.n)
  end
end

local function joined(...)
  local words = {}
  for place = 1, select("#", ...) do
    local word = select(place, ...)
    local kind = type(word)
    words[place] = (kind == "string" or kind == "number") and tostring(word) or ""
  end
  return table.concat(words, ",")
end

app = setmetatable({}, {__index = function(_, name)
  return setmetatable({}, {__call = function(_, ...) ask("app", name, joined(...)) end})
end})

local function written(value)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then error("string expected, got " .. kind, 3) end
  return tostring(value)
end

local methods = {}
local meta = {__index = methods}
local function reference(name) return setmetatable({name = name}, meta) end
function methods.get(self) return ask("get", self.name) end
function methods.set(self, value) ask("set", self.name, written(value)) end
meta.__call = function(self, ...) return reference(self.name .. "(" .. joined(...) .. ")") end

channel = setmetatable({}, {
  __index = function(_, name) return reference(tostring(name)) end,
  __newindex = function(_, name, value) ask("set", tostring(name), written(value)) end,
})

function check_hangup() return ask("hangup") end
-- Audio goes on by itself while Lua runs.
local serviced = true
function autoservice_start() local was = serviced; serviced = true; return not was end
function autoservice_stop() serviced = false end
function autoservice_status() return serviced end

extensions = {}
hints = {}

local function boot(source, name)
  local chunk, problem = (loadstring or load)(source, name)
  if not chunk then error(problem, 0) end
  arm()
  chunk()
end

local function begin(body, context, exten)
  depth[running()] = true
  arm()
  local done = pack(xpcall(function() return body(context, exten) end, function(problem)
    arm()
    if type(problem) == "number" then return problem end
    return {tostring(problem), debug.traceback("", 2)}
  end))
  if done[1] then return "done" end
  if type(done[2]) == "number" then return "number", done[2] end
  return "error", done[2][1], done[2][2]
end

return boot, begin, function(body) return debug.getinfo(body, "S").linedefined end
"""
