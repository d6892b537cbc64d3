%% Drives a real OTP supervisor through the scenarios of a file and prints what it did, one line each.
%% The notation of scenarios and outcomes is described in scenario.ts.
-module(otp_oracle).
-behaviour(supervisor).
-export([main/1, init/1, start_worker/2]).

main([File]) ->
    logger:set_primary_config(level, none),
    {ok, Text} = file:read_file(File),
    Lines = string:lexemes(binary_to_list(Text), "\n"),
    Self = self(),
    %% Scenarios with pauses are slow, so all of them run at the same time.
    Runs = [spawn_monitor(fun() -> Self ! {outcome, self(), run(Line)} end) || Line <- Lines],
    [io:format("~s~n", [collect(Pid, Ref)]) || {Pid, Ref} <- Runs],
    halt(0).

collect(Pid, Ref) ->
    receive
        {outcome, Pid, Outcome} -> Outcome;
        {'DOWN', Ref, process, Pid, Reason} when Reason =/= normal -> io_lib:format("oracle failed: ~p", [Reason])
    end.

run(Line) ->
    process_flag(trap_exit, true),
    [Strategy, Intensity, Period, Children, Steps] = string:lexemes(Line, " "),
    Flags = #{strategy => list_to_atom(Strategy), intensity => list_to_integer(Intensity), period => list_to_integer(Period)},
    Specs = [spec(Child) || Child <- string:lexemes(Children, ",")],
    {ok, Sup} = supervisor:start_link(?MODULE, {Flags, Specs}),
    First = report(Sup),
    Outcomes = steps(Sup, string:lexemes(Steps, ",")),
    stop(Sup),
    lists:join(" | ", [First | Outcomes]).

spec(Text) ->
    [Id, Restart] = string:lexemes(Text, ":"),
    #{id => Id, start => {?MODULE, start_worker, [self(), Id]}, restart => list_to_atom(Restart), shutdown => 5000}.

init({Flags, Specs}) -> {ok, {Flags, Specs}}.

start_worker(Observer, Id) ->
    Parent = self(),
    Pid = spawn_link(fun() -> process_flag(trap_exit, true), worker(Parent, Observer, Id) end),
    Observer ! {started, Id},
    {ok, Pid}.

worker(Parent, Observer, Id) ->
    receive
        {'EXIT', Parent, Reason} -> Observer ! {stopped, Id}, exit(Reason);
        {finish, Reason} -> exit(Reason)
    end.

steps(_Sup, []) -> [];
steps(Sup, [Step | Rest]) ->
    [Id, Reason, Gap] = string:lexemes(Step, ":"),
    timer:sleep(list_to_integer(Gap)),
    case find(Sup, Id) of
        Pid when is_pid(Pid) ->
            Ref = monitor(process, Pid),
            Pid ! {finish, list_to_atom(Reason)},
            receive {'DOWN', Ref, process, Pid, _} -> ok end,
            noticed(Sup, Id, Pid),
            case report(Sup) of
                "gone" ++ _ = Last -> [Last];
                Outcome -> [Outcome | steps(Sup, Rest)]
            end;
        _ ->
            ["absent" | steps(Sup, Rest)]
    end.

find(Sup, Id) ->
    case lists:keyfind(Id, 1, supervisor:which_children(Sup)) of
        {Id, Pid, _, _} -> Pid;
        false -> undefined
    end.

%% Waits until the supervisor has dealt with the end of Pid; it does so in one go.
noticed(Sup, Id, Pid) ->
    case catch find(Sup, Id) of
        Pid -> timer:sleep(1), noticed(Sup, Id, Pid);
        _ -> ok
    end.

report(Sup) ->
    case catch supervisor:which_children(Sup) of
        Children when is_list(Children) ->
            InOrder = lists:reverse(Children),
            Alive = [Id || {Id, Pid, _, _} <- InOrder, is_pid(Pid)],
            Known = [Id || {Id, _, _, _} <- InOrder],
            ["-", drain(stopped), "+", drain(started), "=", Alive, "/", Known];
        _ ->
            receive {'EXIT', Sup, shutdown} -> ok end,
            "gone-" ++ lists:append(drain(stopped))
    end.

drain(Kind) ->
    receive {Kind, Id} -> [Id | drain(Kind)] after 0 -> [] end.

stop(Sup) ->
    exit(Sup, shutdown),
    receive {'EXIT', Sup, _} -> ok after 0 -> case is_process_alive(Sup) of true -> receive {'EXIT', Sup, _} -> ok end; false -> ok end end.
